//! The audit log: everything is in it, nothing changes unnoticed, and what the API proves verifies without it.

mod api;
mod keeping;
mod tampering;

use std::path::Path;
use std::time::Duration;

use seiketsu::audit::{self, Keeper, Publisher, TenantReport};
use seiketsu::hint::Hint;
use seiketsu::identity::SigningKey;
use seiketsu_domain::ids::TenantId;
use seiketsu_proof::VerifierKey;
use tokio_util::sync::CancellationToken;

use crate::event_store::{append, committed};
use crate::support::database::TestDatabase;
use crate::support::wait;

/// A log and the key it is signed with.
struct Log<'a> {
    database: &'a TestDatabase,
    key: SigningKey,
}

impl<'a> Log<'a> {
    fn of(database: &'a TestDatabase) -> Self {
        Self { database, key: SigningKey::generate() }
    }

    fn keeper(&self, published: Option<&Path>) -> Keeper {
        let publisher = published.map(|folder| Publisher::new(folder).unwrap());
        let signer = self.key.signer("seiketsu").unwrap();
        Keeper::new(
            self.database.more_pools().for_projections(),
            "seiketsu",
            signer,
            &Hint::default(),
            publisher,
        )
    }

    fn verifier(&self) -> VerifierKey {
        self.key.signer("seiketsu").unwrap().verifier().clone()
    }

    /// Lets a keeper run until everything is in the log.
    async fn keep(&self, published: Option<&Path>) {
        let stop = CancellationToken::new();
        let running = tokio::spawn(self.keeper(published).run(stop.clone()));
        self.complete().await;
        stop.cancel();
        running.await.unwrap();
    }

    async fn complete(&self) {
        let mut superuser = self.database.superuser().await;
        wait::until("everything is in the log", Duration::from_secs(60), async || {
            let behind = "select position < (select max(position) from events) from audit_progress";
            !sqlx::query_scalar::<_, bool>(behind).fetch_one(&mut superuser).await.unwrap()
        })
        .await;
    }

    async fn verify(&self, tenant: TenantId, published: Option<&Path>) -> TenantReport {
        let (pool, keys) = (self.database.pools.system(), [self.verifier()]);
        audit::verify(pool, &keys, published, Some(tenant)).await.unwrap().remove(0)
    }

    /// What is found, in sentences.
    async fn faults(&self, tenant: TenantId) -> String {
        let report = self.verify(tenant, None).await;
        report.faults.iter().map(|fault| format!("{fault}\n")).collect()
    }
}

/// Commits so many events of a tenant, in one stream.
async fn events(database: &TestDatabase, tenant: TenantId, count: usize) {
    committed(&database.store(), append(tenant, seiketsu::ids::new(), 0, count)).await;
}
