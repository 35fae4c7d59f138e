//! A real Restate server, of the version that `server/package.json` pins, in a folder of its own.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use serde_json::{Value as Json, json};
use tokio::task::JoinHandle;

use crate::npm;

/// Leaves out the tests that need Node's packages, where it is set to anything but nothing.
const WITHOUT_NODE: &str = "BYOD_WITHOUT_NODE";

/// How long it may take to start, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A key that signs nothing but the requests of these tests: the 32 bytes of an Ed25519 key, all the same.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH
-----END PRIVATE KEY-----
";

pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    ingress: u16,
    admin: u16,
    /// What it signs requests to workers with, as they are told it.
    pub(crate) identity_key: String,
}

impl Server {
    /// `None` where these tests are left out; panics with the reason where the server can't be had.
    pub(crate) fn start(name: &str) -> Option<Self> {
        if env::var_os(WITHOUT_NODE).is_some_and(|value| !value.is_empty()) {
            // Past the test harness, which would not show it.
            let _ = writeln!(
                std::io::stderr(),
                "{WITHOUT_NODE} is set: tests of the engine left out"
            );
            return None;
        }
        let program = installed();
        let folder = format!("byod-engine-{name}-{}", std::process::id());
        let folder = env::temp_dir().join(folder);
        // Of a process of that number that was killed.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("key.pem"), KEY).unwrap();
        fs::write(folder.join("config.toml"), config(&folder)).unwrap();
        let log = File::create(folder.join("log")).unwrap();
        let child = Command::new(program)
            .arg("--no-logo")
            .arg("--config-file")
            .arg(folder.join("config.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            folder,
            ingress: 0,
            admin: 0,
            identity_key: String::new(),
        };
        server.wait_until_ready();
        Some(server)
    }

    fn wait_until_ready(&mut self) {
        let since = Instant::now();
        loop {
            self.read_log();
            let known = self.ingress != 0 && self.admin != 0 && !self.identity_key.is_empty();
            if known && self.health() == 200 {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() && since.elapsed() < PATIENCE,
                "the server does not start ({ended:?}): {}",
                fs::read_to_string(self.folder.join("log")).unwrap()
            );
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// It chooses its ports, and says them.
    fn read_log(&mut self) {
        for line in BufReader::new(File::open(self.folder.join("log")).unwrap()).lines() {
            let Ok(line) = serde_json::from_str::<Json>(&line.unwrap()) else {
                continue;
            };
            if let Some(kid) = line["fields"]["kid"].as_str() {
                kid.clone_into(&mut self.identity_key);
            }
            let port = line["span"]["server.port"].as_u64();
            let port = port.unwrap_or_default().try_into().unwrap();
            match line["span"]["server_name"].as_str() {
                Some("http-ingress-server") => self.ingress = port,
                Some("admin-api-server") => self.admin = port,
                _ => {}
            }
        }
    }

    fn health(&self) -> u16 {
        let url = format!("http://127.0.0.1:{}/restate/health", self.ingress);
        let health = request("GET", &url, "");
        // It says that nothing is registered, which is so.
        health.map_or(0, |(status, _)| status)
    }

    /// Where roll-outs are handed over.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ingress)
    }

    /// Has it call workers at that port.
    pub(crate) fn register(&self, port: u16) {
        let admin = format!("http://127.0.0.1:{}/deployments", self.admin);
        let deployment = json!({"uri": format!("http://127.0.0.1:{port}")});
        let (status, said) = request("POST", &admin, &deployment.to_string()).unwrap();
        assert_eq!(status, 201, "{said}");
    }

    /// Has one of what it does ended, in the way that is named.
    pub(crate) fn change_invocation(&self, id: &str, how: &str) {
        let admin = format!("http://127.0.0.1:{}/invocations/{id}/{how}", self.admin);
        let (status, said) = request("PATCH", &admin, "").unwrap();
        assert!((200..300).contains(&status), "{status}: {said}");
    }

    /// Has something done, at once, by whatever is under that path; what comes of it, with its status.
    pub(crate) fn ask(&self, path: &str, body: Json) -> JoinHandle<(u16, Json)> {
        let url = format!("{}/{path}", self.url());
        tokio::task::spawn_blocking(move || {
            let body = match body {
                Json::Null => String::new(),
                body => body.to_string(),
            };
            let (status, said) = request("POST", &url, &body).unwrap();
            let said = serde_json::from_str(&said);
            (status, said.unwrap_or_default())
        })
    }

    /// Everything that it has written, as it stands on the disk.
    pub(crate) fn written(&self) -> Vec<u8> {
        let mut written = Vec::new();
        read_all(&self.folder.join("data"), &mut written);
        written
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Left behind, it is in the way of nothing.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Whether that is somewhere in it.
pub(crate) fn holds(written: &[u8], text: &str) -> bool {
    let text = text.as_bytes();
    written.windows(text.len()).any(|window| window == text)
}

fn read_all(folder: &Path, written: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => read_all(&path, written),
            // A file may go while it is looked for.
            false => written.extend(fs::read(&path).unwrap_or_default()),
        }
    }
}

/// Nothing is compressed, so that it can be searched.
fn config(folder: &Path) -> String {
    let (data, key) = (folder.join("data"), folder.join("key.pem"));
    format!(
        r#"
base-dir = {data:?}
node-name = "one"
cluster-name = "byod-tests"
listen-mode = "tcp"
bind-ip = "127.0.0.1"
advertised-host = "127.0.0.1"
use-random-ports = true
disable-telemetry = true
default-num-partitions = 4
rocksdb-total-memory-size = "256 MiB"
log-format = "json"
rocksdb-disable-wal-compression = true
rocksdb-disable-l0-l1-compression = true
[worker.invoker]
request-identity-private-key-pem-file = {key:?}
[worker.storage]
rocksdb-disable-wal-compression = true
rocksdb-disable-l0-l1-compression = true
[admin]
disable-web-ui = true
"#
    )
}

/// The server's program, installed first where it isn't.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../byod-fleet/tests/engine/server");
    if let Err(why) = npm::install(&folder) {
        panic!("{why}; to leave these tests out, run {WITHOUT_NODE}=1 cargo test");
    }
    let packages = folder.join("node_modules");
    let platforms = fs::read_dir(packages.join("@restatedev")).unwrap();
    let programs = platforms.map(|platform| platform.unwrap().path().join("bin/restate-server"));
    let mut programs = programs.filter(|program| program.is_file());
    programs.next().expect("there is none for this machine")
}

/// One small request by HTTP/1: its status, and what came.
pub(crate) fn request(method: &str, url: &str, body: &str) -> Option<(u16, String)> {
    use std::io::Read as _;

    let (host, path) = url.strip_prefix("http://")?.split_once('/')?;
    let mut stream = std::net::TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let length = body.len();
    let content = match length {
        0 => "",
        _ => "content-type: application/json\r\n",
    };
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{content}content-length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some((status, body.to_owned()))
}
