use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::case::Case;
use super::report::Findings;
use crate::evidence::{StoredEvent, Stream, TopicRecord};
use crate::history::{Kind, Operation};
use crate::load::digest_of_ids;

/// **I3**: the topics hold every event that was not parked, as it is stored and nothing else, all events of a stream in
/// one partition; a poll of the feed brought every event up to the last it brought.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    if let Some(records) = &case.evidence.records {
        look_at_records(case, records, findings);
    }
    let feeds = Feeds::new(case);
    for operation in case.history.operations.iter().filter(|operation| operation.invoked.f == Kind::PollFeed)
    {
        feeds.look(operation, findings);
    }
}

fn look_at_records(case: &Case<'_>, records: &[TopicRecord], findings: &mut Findings) {
    let stored: HashMap<Uuid, &StoredEvent> =
        case.evidence.events.iter().map(|event| (event.event_id, event)).collect();
    let mut seen = HashSet::with_capacity(records.len());
    let mut partitions: HashMap<Stream, i32> = HashMap::new();
    for record in records {
        findings.looked();
        seen.insert(record.event_id);
        if !stored.get(&record.event_id).is_some_and(|event| is_the_same(event, record)) {
            findings.violated([], [record.position], || "a record is not as any event is stored".to_owned());
        }
        let partition = *partitions.entry(record.stream).or_insert(record.partition);
        if partition != record.partition {
            let other = record.partition;
            findings.violated([], [record.position], || {
                format!("stream {} is in partitions {partition} and {other}", record.stream.id)
            });
        }
    }
    let parked = case.evidence.parked.iter().filter(|parked| parked.by == "relay");
    seen.extend(parked.filter_map(|parked| parked.event_id));
    for event in case.evidence.events.iter().filter(|event| !seen.contains(&event.event_id)) {
        findings.violated([], [event.position], || format!("{} is in no topic", event.kind));
    }
}

fn is_the_same(event: &StoredEvent, record: &TopicRecord) -> bool {
    (event.stream, event.sequence, event.position) == (record.stream, record.sequence, record.position)
}

/// Each tenant's events by position, with the digest of all up to there.
struct Feeds(Vec<Vec<(i64, u64)>>);

impl Feeds {
    fn new(case: &Case<'_>) -> Self {
        let mut feeds = vec![Vec::new(); case.evidence.tenants.len()];
        for event in &case.evidence.events {
            if let Some(feed) = feeds.get_mut(usize::from(event.stream.tenant)) {
                feed.push((event.position, digest_of_ids([event.event_id].into_iter())));
            }
        }
        for feed in &mut feeds {
            feed.sort_unstable();
            let mut sum = 0u64;
            for (_, digest) in feed.iter_mut() {
                sum = sum.wrapping_add(*digest);
                *digest = sum;
            }
        }
        Self(feeds)
    }

    fn look(&self, operation: &Operation, findings: &mut Findings) {
        let completed = &operation.completed;
        let (Some(polled), Some(last), Some(digest)) =
            (&completed.polled, completed.position, completed.digest)
        else {
            return;
        };
        findings.looked();
        let Some(feed) = self.0.get(usize::from(operation.invoked.tenant)) else { return };
        let (before, up_to) = (up_to(feed, polled.after), up_to(feed, last));
        let expected = up_to.0 - before.0;
        if (expected, up_to.1.wrapping_sub(before.1)) != (polled.events as usize, digest) {
            findings.violated([operation.invoked.op], [polled.after, last], || {
                format!("a poll brought {} events where {expected} lie", polled.events)
            });
        }
    }
}

/// How many events there are up to a position, and their digest.
fn up_to(feed: &[(i64, u64)], position: i64) -> (usize, u64) {
    let count = feed.partition_point(|(at, _)| *at <= position);
    (count, count.checked_sub(1).map_or(0, |last| feed[last].1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn an_event_that_never_reached_its_topic_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.lose_a_record();
            prop_assert_eq!(good.report().broken(), vec![Check::CompleteFanOut]);
        }

        #[test]
        fn a_record_in_another_partition_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.misplace_a_record();
            prop_assert_eq!(good.report().broken(), vec![Check::CompleteFanOut]);
        }

        #[test]
        fn an_event_the_feed_skipped_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.skip_in_the_feed();
            prop_assert_eq!(good.report().broken(), vec![Check::CompleteFanOut]);
        }
    }
}
