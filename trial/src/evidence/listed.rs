use std::time::{Duration, Instant};

use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Aggregate, Evidence, EvidenceError, Listed, Sources, Stream, number_of};
use crate::load::Login;

/// The lists that show everything of a type, and the type.
const LISTS: &[(&str, Aggregate)] =
    &[("/leads", Aggregate::Lead), ("/calls", Aggregate::Call), ("/escalations", Aggregate::Escalation)];

/// Pages through the lists of every tenant, as its account is shown them.
pub async fn read(sources: &Sources, evidence: &mut Evidence) -> Result<(), EvidenceError> {
    let http = Client::new();
    for (tenant, login) in sources.logins.iter().enumerate() {
        let asked_by = u16::try_from(tenant).unwrap_or(u16::MAX);
        let access = patiently(sources, async || enter(&http, sources, login).await).await?;
        let lister = Lister { http: &http, sources, login, access, asked_by };
        for (path, aggregate) in LISTS {
            lister.read(path, *aggregate, evidence).await?;
        }
    }
    Ok(())
}

/// Asks a server that is still recovering again, for as long as it may recover.
async fn patiently<T>(
    sources: &Sources,
    mut ask: impl AsyncFnMut() -> Result<T, EvidenceError>,
) -> Result<T, EvidenceError> {
    let deadline = Instant::now() + sources.recovery;
    loop {
        match ask().await {
            Err(EvidenceError::NotShown { status: 503, .. }) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            outcome => return outcome,
        }
    }
}

async fn enter(http: &Client, sources: &Sources, login: &Login) -> Result<String, EvidenceError> {
    let path = "/auth/login";
    let body =
        json!({ "organization": login.organization, "email": login.email, "password": login.password });
    let response = http.post(format!("{}/api/v1{path}", sources.server)).json(&body).send().await?;
    let status = response.status().as_u16();
    let answer: Value = response.json().await?;
    let refused = || EvidenceError::NotShown { account: format!("{login:?}"), path: path.to_owned(), status };
    Ok(answer["accessToken"].as_str().ok_or_else(refused)?.to_owned())
}

struct Lister<'a> {
    http: &'a Client,
    sources: &'a Sources,
    login: &'a Login,
    access: String,
    asked_by: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    data: Vec<Item>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: Uuid,
    organization_id: Uuid,
    version: i64,
}

impl Lister<'_> {
    async fn read(
        &self,
        path: &str,
        aggregate: Aggregate,
        evidence: &mut Evidence,
    ) -> Result<(), EvidenceError> {
        let mut cursor = None;
        loop {
            let page = patiently(self.sources, async || self.page(path, cursor.as_deref()).await).await?;
            for Item { id, organization_id, version } in page.data {
                let tenant = number_of(&evidence.tenants, organization_id);
                let stream = Stream { tenant, aggregate, id };
                evidence.listed.push(Listed { asked_by: self.asked_by, stream, version });
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn page(&self, path: &str, cursor: Option<&str>) -> Result<Page, EvidenceError> {
        let request =
            self.http.get(format!("{}/api/v1{path}", self.sources.server)).bearer_auth(&self.access);
        let mut query = vec![("limit", "100")];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let response = request.query(&query).send().await?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(EvidenceError::NotShown {
                account: format!("{:?}", self.login),
                path: path.to_owned(),
                status,
            });
        }
        Ok(response.json().await?)
    }
}
