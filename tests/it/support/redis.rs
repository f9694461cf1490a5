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
