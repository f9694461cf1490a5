use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::RwLock;
use uuid::Uuid;

use super::{LoadConfig, LoadError, Login};

/// The accounts of all tenants, logged in.
pub struct Sessions {
    http: reqwest::Client,
    urls: Vec<String>,
    accounts: Vec<Account>,
}

struct Account {
    login: Login,
    organization: Uuid,
    access: RwLock<Arc<str>>,
}

impl Sessions {
    /// Logs every account in.
    pub async fn open(http: reqwest::Client, config: &LoadConfig) -> Result<Self, LoadError> {
        let mut sessions = Self { http, urls: config.urls.clone(), accounts: Vec::new() };
        for login in &config.logins {
            let (access, organization) = sessions.enter(login, 0).await?;
            let login = login.clone();
            sessions.accounts.push(Account { login, organization, access: RwLock::new(access) });
        }
        Ok(sessions)
    }

    /// The tenants, in the order of the logins.
    pub fn organizations(&self) -> Vec<Uuid> {
        self.accounts.iter().map(|account| account.organization).collect()
    }

    /// The tenant's access token.
    pub async fn access(&self, tenant: u16) -> Arc<str> {
        Arc::clone(&*self.accounts[usize::from(tenant)].access.read().await)
    }

    /// Logs the tenant's account in anew, unless somebody else just did; whoever needs it meanwhile waits.
    pub async fn renew(&self, tenant: u16, refused: &Arc<str>) {
        let account = &self.accounts[usize::from(tenant)];
        let mut access = account.access.write().await;
        if !Arc::ptr_eq(&access, refused) {
            return;
        }
        for attempt in 0.. {
            match self.enter(&account.login, attempt).await {
                Ok((fresh, _)) => return *access = fresh,
                // The server is away; everybody waits for it.
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    async fn enter(&self, login: &Login, attempt: usize) -> Result<(Arc<str>, Uuid), LoadError> {
        let Login { organization, email, password } = login;
        let body = json!({ "organization": organization, "email": email, "password": password });
        let url = &self.urls[attempt % self.urls.len()];
        let response = self.http.post(format!("{url}/api/v1/auth/login")).json(&body).send().await?;
        let status = response.status();
        let answer: Value = response.json().await?;
        let access = answer["accessToken"].as_str().map(Arc::from);
        let organization = answer["user"]["organizationId"].as_str().and_then(|id| id.parse().ok());
        match (access, organization) {
            (Some(access), Some(organization)) => Ok((access, organization)),
            _ => {
                let code = answer["code"].as_str().unwrap_or("no token");
                Err(LoadError::Login { account: format!("{login:?}"), answer: format!("{status} {code}") })
            }
        }
    }
}
