use futures::future::join_all;
use seiketsu::ids;
use seiketsu_domain::escalation::Escalation;
use sqlx::Executor;
use uuid::Uuid;

use crate::support::{database, wishes};

/// Refuses the events of one organization, when everything is written and only the commit is left.
const REFUSE: &str = "
    create function refuse() returns trigger language plpgsql as $$
    begin
        if new.tenant_id = '{tenant}' then raise exception 'refused at the commit' using errcode = '{code}'; end if;
        return null;
    end $$;
    create constraint trigger refuse after insert on events deferrable initially deferred
        for each row execute function refuse();";

/// F-04: every statement succeeds and the commit fails, for a reason of the data (23514) and one of the server (58030).
#[tokio::test(flavor = "multi_thread")]
async fn an_error_at_the_commit_is_never_an_acknowledgement() {
    for code in ["23514", "58030"] {
        let database = database::create().await;
        let (commands, sick, well) = (database.commands(), wishes::tenant(), wishes::tenant());
        let refuse = REFUSE.replace("{tenant}", &sick.to_string()).replace("{code}", code);
        let mut superuser = database.superuser().await;
        superuser.execute(refuse.as_str()).await.unwrap();

        let raised: Vec<Uuid> = (0..8).map(|_| ids::new()).collect();
        let raise = async |place: usize, id: &Uuid| {
            let wish = wishes::keyed(wishes::of(sick), &format!("key-{place}"), "{}");
            commands.create::<Escalation>(&wish, *id, wishes::raise_escalation(sick, *id)).await
        };
        // Many at once, so that some travel together.
        let answers = join_all(raised.iter().enumerate().map(|(place, id)| raise(place, id))).await;
        assert!(answers.iter().all(Result::is_err), "{code}: a commit that failed was acknowledged");
        assert_eq!(database.event_count().await, 0, "{code}");

        let other = ids::new();
        let wish = wishes::of(well);
        commands.create::<Escalation>(&wish, other, wishes::raise_escalation(well, other)).await.unwrap();
        superuser.execute("drop trigger refuse on events").await.unwrap();
        for (place, id) in raised.iter().enumerate() {
            let settled = raise(place, id).await.unwrap();
            assert!(!settled.replayed, "{code}: nothing stood under the key");
        }
        assert_eq!(database.event_count().await, 9, "{code}");
    }
}
