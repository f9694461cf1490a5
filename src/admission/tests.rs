use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use seiketsu_domain::ids::TenantId;
use uuid::Uuid;

use super::{Admission, Crowded, Place, Room};

const ROOM: Room = Room { places: 8, contended: 4, line: 16 };

fn tenant(number: u128) -> TenantId {
    TenantId(Uuid::from_u128(number))
}

/// The outcome of entering, where there is one at once.
fn at_once(admission: &Admission, tenant: TenantId) -> Option<Result<Place, Crowded>> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(admission.enter(tenant)).poll(&mut context) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

fn enters(admission: &Admission, tenant: TenantId) -> Place {
    at_once(admission, tenant).expect("there is a place").expect("the line is not full")
}

#[test]
fn a_tenant_that_is_alone_may_use_all_places() {
    let admission = Admission::new(ROOM);
    let _inside: Vec<Place> = (0..8).map(|_| enters(&admission, tenant(1))).collect();
    assert!(at_once(&admission, tenant(1)).is_none(), "the ninth waits");
}

#[test]
fn tenants_side_by_side_hold_their_share_each() {
    let admission = Admission::new(ROOM);
    let _first = enters(&admission, tenant(2));
    let _inside: Vec<Place> = (0..2).map(|_| enters(&admission, tenant(1))).collect();
    assert!(at_once(&admission, tenant(1)).is_none(), "two of four contended places are taken");
    let _second = enters(&admission, tenant(2));
}

#[test]
fn a_newcomer_goes_in_beside_a_flood() {
    let admission = Admission::new(ROOM);
    let _flood: Vec<Place> = (0..7).map(|_| enters(&admission, tenant(1))).collect();
    let _newcomer = enters(&admission, tenant(2));
    assert!(at_once(&admission, tenant(1)).is_none());
}

#[test]
fn a_full_line_turns_away_its_own_tenant_only() {
    let admission = Admission::new(ROOM);
    let _inside: Vec<Place> = (0..7).map(|_| enters(&admission, tenant(1))).collect();
    let mut context = Context::from_waker(Waker::noop());
    let _last = enters(&admission, tenant(1));
    let mut line: Vec<_> = (0..16).map(|_| Box::pin(admission.enter(tenant(1)))).collect();
    for waiting in &mut line {
        assert!(waiting.as_mut().poll(&mut context).is_pending());
    }
    assert!(matches!(at_once(&admission, tenant(1)), Some(Err(Crowded))));
    assert!(at_once(&admission, tenant(2)).is_none(), "it waits, in a line of its own");
}

#[test]
fn whoever_gives_up_waiting_leaves_the_line() {
    let admission = Admission::new(ROOM);
    let mut inside: Vec<Place> = (0..8).map(|_| enters(&admission, tenant(1))).collect();
    for _ in 0..100 {
        assert!(at_once(&admission, tenant(1)).is_none(), "dropped while it waits");
    }
    inside.pop();
    let _next = enters(&admission, tenant(1));
}

#[tokio::test]
async fn lines_are_served_in_turn() {
    let admission = Admission::new(Room { places: 1, contended: 1, line: 16 });
    let first = admission.enter(tenant(1)).await.expect("free");
    let (sender, mut order) = tokio::sync::mpsc::unbounded_channel();
    // Three of one tenant arrive before the one of the other.
    for (who, label) in [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1")] {
        let (admission, sender) = (admission.clone(), sender.clone());
        tokio::spawn(async move {
            let _place = admission.enter(tenant(who)).await.expect("the line is not full");
            sender.send(label).expect("somebody listens");
        });
        tokio::task::yield_now().await;
    }
    drop((first, sender));
    let mut served = Vec::new();
    while let Some(label) = order.recv().await {
        served.push(label);
    }
    assert_eq!(served, ["a1", "b1", "a2", "a3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_place_is_lost_and_none_is_given_twice_whatever_is_cancelled() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    let admission = Admission::new(ROOM);
    let inside = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..400_u64)
        .map(|number| {
            let (admission, inside) = (admission.clone(), Arc::clone(&inside));
            tokio::spawn(async move {
                let entering = admission.enter(tenant(u128::from(number % 40)));
                let patience = Duration::from_micros(number * 37 % 900);
                let Ok(Ok(_place)) = tokio::time::timeout(patience, entering).await else { return };
                assert!(inside.fetch_add(1, Ordering::SeqCst) < ROOM.places);
                tokio::time::sleep(Duration::from_micros(number * 13 % 300)).await;
                inside.fetch_sub(1, Ordering::SeqCst);
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no task panics");
    }
    assert_eq!(admission.hall().inside, 0);
    let _all: Vec<Place> = (100..108).map(|number| enters(&admission, tenant(number))).collect();
}
