//! A Kafka broker of the test's own, which can be made to stop answering.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use seiketsu::ids;
use uuid::Uuid;

/// Running until dropped.
pub struct Broker {
    pub address: String,
    /// Part of its command line and nobody else's.
    folder: PathBuf,
    keeper: Child,
}

impl Broker {
    /// Starts one through the script that starts all services of tests; waits until it answers.
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("seiketsu-broker-{}", ids::new::<Uuid>().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.dev/with-services");
        let mut keeper = Command::new(script)
            .args(["kafka", "--", "sh", "-c", "echo $SEIKETSU_TEST_KAFKA_BROKERS; exec sleep 600"])
            .env_remove("SEIKETSU_TEST_KAFKA_BROKERS")
            .env("TMPDIR", &folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(keeper.stdout.as_mut().unwrap().by_ref()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        assert!(!address.is_empty(), "the broker did not start");
        Self { address, folder, keeper }
    }

    /// It accepts connections, and answers nothing.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pattern = format!("{}.*server.properties", self.folder.display());
        let sent = Command::new("pkill").args([signal, "-f", &pattern]).status().unwrap();
        assert!(sent.success(), "no broker got the signal {signal}");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // The script takes the broker with it.
        drop(Command::new("kill").args(["-TERM", &self.keeper.id().to_string()]).status());
        drop(self.keeper.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
