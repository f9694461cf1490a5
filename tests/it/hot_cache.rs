//! Hot answers in Redis: a tenant's own, for a moment, and never needed.

use std::time::{Duration, Instant};

use seiketsu::hot_cache::{HotCache, LONGEST};

use crate::support::{redis, wait, wishes};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_for_its_tenant_and_query_and_for_a_moment() {
    let cache = HotCache::new(&redis::url()).unwrap();
    let (mine, theirs) = (wishes::tenant(), wishes::tenant());
    wait::until("the answer is found", Duration::from_secs(10), async || {
        cache.put(mine, "dashboard", b"\0answer", Duration::from_secs(3600)).await;
        cache.get(mine, "dashboard").await.as_deref() == Some(b"\0answer")
    })
    .await;
    assert_eq!(cache.get(theirs, "dashboard").await, None);
    assert_eq!(cache.get(mine, "dashboard?interval=day").await, None);
    wait::until("it is forgotten, however long it was to be kept", LONGEST * 5, async || {
        cache.get(mine, "dashboard").await.is_none()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_down_or_silent_is_a_miss_and_soon_nobody_asks() {
    // One port that refuses, one that accepts and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_url = format!("redis://{}/0", silent.local_addr().unwrap());
    for url in [redis::dead_url().await, silent_url] {
        let cache = HotCache::new(&url).unwrap();
        let tenant = wishes::tenant();
        let started = Instant::now();
        cache.put(tenant, "dashboard", b"answer", LONGEST).await;
        for _ in 0..1000 {
            assert_eq!(cache.get(tenant, "dashboard").await, None);
        }
        assert!(started.elapsed() < Duration::from_secs(5), "a thousand misses took {:?}", started.elapsed());
    }
}
