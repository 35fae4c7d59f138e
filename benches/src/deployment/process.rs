use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::http::COUNT;

/// The deployment in a process of its own, which ends with this one.
pub struct Process {
    child: Child,
    address: String,
}

/// What the deployment has done up to now.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// Requests it has answered.
    pub requests: u64,
    /// What its core has worked, as far as the system tells.
    pub busy: Option<Duration>,
}

impl Process {
    /// Starts `program`, which is `byod-bench`, as the deployment, on that core where one
    /// is given.
    pub fn start(program: &Path, core: Option<usize>) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg("serve");
        if let Some(core) = core {
            command.arg("--core").arg(core.to_string());
        }
        // It ends when its standard input does: whatever becomes of this process.
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut address)?;
        }
        let address = address.trim().to_owned();
        match address.is_empty() {
            true => Err(io::Error::other("the deployment's process did not start")),
            false => Ok(Self { child, address }),
        }
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has done up to now; asking is not counted.
    pub fn spent(&self) -> io::Result<Spent> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(format!("POST {COUNT} HTTP/1.1\r\n\r\n").as_bytes())?;
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        let requests = response.rsplit("\r\n").next().unwrap_or_default().parse();
        Ok(Spent {
            requests: requests.map_err(io::Error::other)?,
            busy: busy(self.child.id()),
        })
    }
}

/// Ends this process when the one that started it does.
pub fn end_with_standard_input() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
}

/// How long the process has run on a core: Linux says so to the nanosecond.
fn busy(process: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
