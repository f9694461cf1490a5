//! Checkpoints outside the database: a file per organization, `<tenant>.jsonl`, which only grows.

use std::collections::HashMap;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use seiketsu_domain::ids::TenantId;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

/// A line of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Published {
    pub size: i64,
    pub note: String,
}

/// Appends checkpoints to files.
#[derive(Debug)]
pub struct Publisher {
    folder: PathBuf,
    /// The last size in each file, as far as it was looked at.
    published: HashMap<TenantId, i64>,
}

/// Why a checkpoint is not published yet.
#[derive(Debug, thiserror::Error)]
pub enum NotPublished {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("the directory for checkpoints cannot be written to")]
    File(#[from] io::Error),
}

/// More than any line has: the last line of a file is within its last bytes.
const TAIL: u64 = 64 * 1024;

impl Publisher {
    /// Publishes into `folder`, which is made where it does not exist.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), published: HashMap::new() })
    }

    /// Appends what is signed and not in the files of these tenants (of all where `None`), and syncs them.
    ///
    /// # Errors
    /// See [`NotPublished`]. Nothing is lost: the next call goes on after the last line that was written.
    pub(super) async fn publish(
        &mut self,
        pool: &PgPool,
        tenants: Option<&[TenantId]>,
    ) -> Result<(), NotPublished> {
        let all: Vec<Uuid> = match tenants {
            Some(tenants) => tenants.iter().map(|tenant| tenant.0).collect(),
            None => sqlx::query_scalar("select tenant_id from audit_trees").fetch_all(pool).await?,
        };
        for tenant in all.into_iter().map(TenantId) {
            let path = path(&self.folder, tenant);
            let after = match self.published.get(&tenant) {
                Some(size) => *size,
                None => last_size(&path)?,
            };
            self.published.insert(tenant, after);
            let lines = signed_after(pool, tenant, after).await?;
            if let Some(last) = lines.last().map(|line| line.size) {
                // What was written in part is looked up again.
                self.published.remove(&tenant);
                append(&path, &lines)?;
                self.published.insert(tenant, last);
            }
        }
        Ok(())
    }
}

async fn signed_after(pool: &PgPool, tenant: TenantId, size: i64) -> Result<Vec<Published>, sqlx::Error> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "select size, note from audit_checkpoints where tenant_id = $1 and size > $2 order by size",
    )
    .bind(tenant.0)
    .bind(size)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(size, note)| Published { size, note }).collect())
}

fn path(folder: &Path, tenant: TenantId) -> PathBuf {
    folder.join(format!("{tenant}.jsonl"))
}

fn append(path: &Path, lines: &[Published]) -> io::Result<()> {
    let mut text = String::new();
    for line in lines {
        // A line that a crash left unfinished ends here.
        text.push('\n');
        text.push_str(&serde_json::to_string(line)?);
    }
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

fn last_size(path: &Path) -> io::Result<i64> {
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    Ok(lines(&String::from_utf8_lossy(&tail)).last().map_or(0, |last| last.size))
}

fn lines(text: &str) -> impl Iterator<Item = Published> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok())
}

/// What a tenant's file says; nothing where there is none.
///
/// # Errors
/// It cannot be read.
pub(super) fn published(folder: &Path, tenant: TenantId) -> io::Result<Vec<Published>> {
    match std::fs::read_to_string(path(folder, tenant)) {
        Ok(text) => Ok(lines(&text).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
