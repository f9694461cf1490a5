use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use tokio::sync::Notify;

/// Notes what Kafka gives to this worker and takes from it, to take effect when the worker has nothing in flight:
/// a partition is let go only after what was read from it is applied, and taken up only after the checkpoint its
/// last owner left has been read. So two workers of one group do not meet at a checkpoint.
#[derive(Default)]
pub(super) struct Assignment {
    pending: Mutex<VecDeque<Change>>,
    changed: Notify,
    /// Nobody will enact changes any more; they take effect where they are reported.
    closing: AtomicBool,
}

pub(super) enum Change {
    Given(TopicPartitionList),
    Taken(TopicPartitionList),
}

impl Assignment {
    /// Completes when a change is pending.
    pub async fn changed(&self) {
        while !self.is_pending() {
            self.changed.notified().await;
        }
    }

    pub fn is_pending(&self) -> bool {
        !self.pending.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The changes since the last call, oldest first.
    pub fn take(&self) -> VecDeque<Change> {
        std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Prepares for the consumer's end, which waits for its partitions to be let go.
    pub fn close(&self, consumer: &impl Consumer<Self>) {
        self.closing.store(true, Ordering::SeqCst);
        for change in self.take() {
            drop(enact(consumer, &change));
        }
    }
}

/// Tells the client to fetch, or no longer to fetch, what was given or taken.
pub(super) fn enact<C: ConsumerContext>(consumer: &impl Consumer<C>, change: &Change) -> KafkaResult<()> {
    let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
    match change {
        Change::Given(partitions) if cooperative => consumer.incremental_assign(partitions),
        Change::Given(partitions) => consumer.assign(partitions),
        Change::Taken(partitions) if cooperative => consumer.incremental_unassign(partitions),
        Change::Taken(_) => consumer.unassign(),
    }
}

impl ClientContext for Assignment {}

impl ConsumerContext for Assignment {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let given = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let change =
            if given { Change::Given(partitions.clone()) } else { Change::Taken(partitions.clone()) };
        if self.closing.load(Ordering::SeqCst) {
            drop(enact(consumer, &change));
            return;
        }
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).push_back(change);
        self.changed.notify_one();
    }
}
