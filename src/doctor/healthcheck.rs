use std::time::Duration;

/// Asks `url` whether a process is well: 0 where it answers with success within 4 seconds, else 1, with the reason
/// on standard error. For container health checks, whose images have no other HTTP client.
pub async fn healthcheck(url: &str) -> u8 {
    match ask(url).await {
        Ok(status) if status.is_success() => 0,
        Ok(status) => {
            eprintln!("{url} answers {status}");
            1
        }
        Err(error) => {
            eprintln!("{}", super::causes(&error));
            1
        }
    }
}

async fn ask(url: &str) -> Result<reqwest::StatusCode, reqwest::Error> {
    // Past any proxy: the question is whether this very process answers.
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(4)).build()?;
    Ok(client.get(url).send().await?.status())
}
