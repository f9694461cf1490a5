//! Ten million numbers: how long they take to bring in, and how long one look-up takes beside them. Run by hand:
//! `.dev/with-services postgres -- cargo test --features seiketsu/trial --test it -- --ignored --nocapture ten_million`

use std::io::Write as _;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use seiketsu::clock;

use super::command_line::Desk;
use super::days_ago;

const NUMBERS: usize = 10_000_000;
const LOOK_UPS: usize = 5_000;

/// A number of one of 330 area codes, about as many as the United States have.
fn some_number(random: &mut StdRng) -> (u32, u32) {
    (200 + 2 * random.gen_range(0..330), random.gen_range(2_000_000..10_000_000))
}

fn write_file(path: &str) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut random = StdRng::seed_from_u64(7);
    for _ in 0..NUMBERS {
        let (area, rest) = some_number(&mut random);
        writeln!(file, "{area},{rest}").unwrap();
    }
    file.flush().unwrap();
}

async fn look_ups(desk: &Desk) -> (Vec<Duration>, usize) {
    let mut random = StdRng::seed_from_u64(8);
    let (mut took, mut listed) = (Vec::with_capacity(LOOK_UPS), 0);
    while took.len() < LOOK_UPS {
        let (area, rest) = some_number(&mut random);
        let Ok(phone) = format!("+1{area}{rest}").parse() else { continue };
        let mut read = desk.read().await;
        let begun = Instant::now();
        let answers = seiketsu::lists::look_up(&mut read, desk.tenant, &phone, clock::now()).await.unwrap();
        took.push(begun.elapsed());
        listed += usize::from(answers.states[0].answer.listed);
    }
    took.sort();
    (took, listed)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, of a minute or more"]
async fn ten_million_numbers_come_in_and_are_looked_up() {
    let desk = Desk::open().await;
    let file = desk.file("");
    write_file(&file);
    let begun = Instant::now();
    let imported = desk.run(&["import", "us-tx", &file, "--as-of", &days_ago(1).to_string()]);
    println!("imported in {:?}: {}", begun.elapsed(), imported.told);
    assert!(imported.status.success());
    let size: String = sqlx::query_scalar("select count(*) || ' rows, ' || pg_size_pretty(pg_total_relation_size('list_numbers')) from list_numbers")
        .fetch_one(&mut desk.database.superuser().await)
        .await
        .unwrap();
    let (took, listed) = look_ups(&desk).await;
    println!(
        "{size}; {listed} of {LOOK_UPS} listed; p50 {:?}, p99 {:?}",
        took[LOOK_UPS / 2],
        took[LOOK_UPS * 99 / 100]
    );
    assert!(listed > 0);
}
