use std::os::unix::process::ExitStatusExt as _;

use seiketsu_projections::read_models;
use seiketsu_trial::run::{Role, Trial};

use super::{SIGABRT, Stage};
use crate::rebuild::{many_leads, program, run, told};
use crate::support::database::{self, TestDatabase};

/// Enough for several stretches of history, beside what the clients do.
const LEADS: i64 = 15_000;

/// F-26: a rebuild ends in the middle of its load, before its tables are compared, and within and after its swap, and is
/// started again; clients go on meanwhile, and at the end what was rebuilt is what the live workers made of it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long; run by make chaos"]
#[cfg_attr(not(feature = "trial"), ignore = "crash points need --features seiketsu/trial")]
async fn a_rebuild_that_dies_anywhere_goes_on_under_load() {
    let database = database::create().await;
    let stage = Stage::on(&database.url, &database.url, &[]);
    let server = stage.start(Role::Everything).await;
    many_leads(&database, LEADS).await;
    let mut trial = Trial::start("F-26", stage.scene(&[&server], &[])).await.unwrap();
    let mut struck = 0;
    while trial.goes_on() {
        for point in ["rebuild.stretch:2", "rebuild.indexed", "rebuild.swapping"] {
            trial.more(50).await.unwrap();
            dies_at(point, &database).await;
            struck += 1;
        }
        let went_on = told(&run(&database, &["rebuild", "leads", "--require-equal"]).await);
        assert!(went_on.contains("leads: went on and read"), "{went_on}");
        dies_at("rebuild.swapped", &database).await;
        struck += 1;
        trial.more(50).await.unwrap();
        let all = told(&run(&database, &["rebuild", "all", "--require-equal"]).await);
        assert_eq!(all.matches(", swapped in at").count(), read_models::all().len(), "{all}");
    }
    trial.end(struck).await.unwrap().must_be_sound();
}

/// Rebuilds the list of leads up to a crash point.
async fn dies_at(point: &str, database: &TestDatabase) {
    let mut command = program(database, &["rebuild", "leads"]);
    command.env("SEIKETSU_CRASH_POINT", point);
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(ended.status.signal(), Some(SIGABRT), "{point} was to be reached: {ended:?}");
}
