/// URL of the shared Redis.
pub fn url() -> String {
    super::service("SEIKETSU_TEST_REDIS_URL")
}

/// A URL nobody answers at.
pub async fn dead_url() -> String {
    // Bound and let go: the port was free a moment ago.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    format!("redis://127.0.0.1:{port}/0")
}

/// Ends all subscriptions and their like on the shared Redis, which every user of it must survive; how many.
pub async fn kill_connections() -> i64 {
    let mut connection =
        redis::Client::open(url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    redis::cmd("CLIENT").arg(&["KILL", "SKIPME", "yes"]).query_async(&mut connection).await.unwrap()
}
