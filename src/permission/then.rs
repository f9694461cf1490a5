use seiketsu_domain::aggregate::Decide as _;
use seiketsu_domain::compliance::Profile;
use seiketsu_domain::consent::Consent;
use seiketsu_domain::ids::{ConsentId, TenantId};
use seiketsu_domain::permission::facts::Facts;
use seiketsu_domain::values::Timestamp;

use super::gather::look_up;
use super::{Asked, outside_of};
use crate::app::App;
use crate::command::CommandError;

/// Every fact about a contact as it was known at a past moment: by the times the store recorded the ledger and the
/// profile, and by when lists began to count.
///
/// # Errors
/// The database cannot be reached.
pub async fn known_then(
    app: &App,
    tenant: TenantId,
    asked: &Asked,
    ledger: ConsentId,
) -> Result<Facts, CommandError> {
    let profile = profile_then(app, tenant, asked.known_at).await?;
    let answers = look_up(app, tenant, asked).await?;
    let history = app.commands.store().history::<Consent>(tenant, ledger.0, i64::MAX).await?;
    let happened = history.iter().map(|recorded| (&recorded.event, recorded.recorded_at));
    let ledger = Consent::known_about(happened, asked.at, asked.known_at);
    Ok(outside_of(tenant, asked, &profile, answers).with_ledger(&ledger))
}

/// The profile as it had been recorded by a moment.
async fn profile_then(app: &App, tenant: TenantId, known_at: Timestamp) -> Result<Profile, CommandError> {
    let history = app.commands.store().history::<Profile>(tenant, tenant.0, i64::MAX).await?;
    let mut profile = Profile::default();
    let known = history.iter().filter(|recorded| recorded.recorded_at <= known_at);
    known.for_each(|recorded| profile.evolve(&recorded.event));
    Ok(profile)
}
