use std::collections::BTreeMap;
use std::path::Path;

use seiketsu_domain::ids::TenantId;
use seiketsu_proof::{Checkpoint, Hash, NoteError, VerifierKey};
use sqlx::PgPool;

use super::{Fault, Unverified};
use crate::audit::prove::checkpoints;
use crate::audit::publish::published;

/// The roots that were signed, by size, and where that is written.
#[derive(Default)]
pub(super) struct Signed(BTreeMap<u64, Vec<(Hash, &'static str)>>);

/// Checkpoints per read.
const PAGE: i64 = 10_000;

impl Signed {
    /// What is stored and published of a tenant; what is not signed with one of `keys` becomes a fault and is left out.
    pub async fn load(
        pool: &PgPool,
        keys: &[VerifierKey],
        folder: Option<&Path>,
        tenant: TenantId,
        faults: &mut Vec<Fault>,
    ) -> Result<Self, Unverified> {
        let mut signed = Self::default();
        let mut connection = pool.acquire().await?;
        let mut below = i64::MAX;
        loop {
            let page = checkpoints(&mut connection, tenant, below, PAGE).await?;
            let Some(last) = page.last() else { break };
            below = last.size;
            let notes = page.into_iter().map(|stored| (stored.size, stored.note));
            signed.add(keys, tenant, "stored", notes, faults);
        }
        if let Some(folder) = folder {
            let notes = published(folder, tenant)?.into_iter().map(|line| (line.size, line.note));
            signed.add(keys, tenant, "published", notes, faults);
        }
        Ok(signed)
    }

    fn add(
        &mut self,
        keys: &[VerifierKey],
        tenant: TenantId,
        place: &'static str,
        notes: impl Iterator<Item = (i64, String)>,
        faults: &mut Vec<Fault>,
    ) {
        for (size, note) in notes {
            let forged = |why: String| Fault::Forged { size, place, why };
            match open(keys, &note) {
                Err(error) => faults.push(forged(error.to_string())),
                Ok(checkpoint) if !checkpoint.origin.ends_with(&format!("/{tenant}")) => {
                    faults.push(forged(format!("it is one of {}", checkpoint.origin)));
                }
                Ok(checkpoint) if checkpoint.size.cast_signed() != size => {
                    faults.push(forged(format!("it says {} events", checkpoint.size)));
                }
                Ok(Checkpoint { size, root, .. }) => self.0.entry(size).or_default().push((root, place)),
            }
        }
    }

    pub fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Whether the root of a tree is one that was signed; `None` where nothing was at its size.
    pub fn agrees(&self, size: u64, root: impl FnOnce() -> Hash) -> Option<bool> {
        let roots = self.0.get(&size)?;
        let root = root();
        Some(roots.iter().any(|(signed, _)| *signed == root))
    }

    /// The first size above a leaf at which something was signed.
    pub fn next_after(&self, leaf: u64) -> Option<u64> {
        self.0.range(leaf + 1..).next().map(|(size, _)| *size)
    }

    /// What was signed of more leaves than there are.
    pub fn beyond(&self, size: u64) -> impl Iterator<Item = (u64, &'static str)> {
        self.0.range(size + 1..).flat_map(|(size, roots)| roots.iter().map(|(_, place)| (*size, *place)))
    }

    /// What was signed at a size that is not this root.
    pub fn others(&self, size: u64, root: Hash) -> Vec<&'static str> {
        let roots = self.0.get(&size).into_iter().flatten();
        roots.filter(|(signed, _)| *signed != root).map(|(_, place)| *place).collect()
    }
}

/// Opens a note with whichever key it is signed.
fn open(keys: &[VerifierKey], note: &str) -> Result<Checkpoint, NoteError> {
    let mut last = NoteError::Form;
    for key in keys {
        match key.open(note) {
            Ok(checkpoint) => return Ok(checkpoint),
            Err(error) => last = error,
        }
    }
    Err(last)
}
