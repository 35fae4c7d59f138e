//! A user's documents on their way from main to their own deployment, moved by a process of its own; and a script on Node
//! that does the same, one document a mutation.

use std::error::Error;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use byod_local::{Local, LocalDeployment, Manifest, Moves, Object, read_manifest};
use byod_runtime::{
    Byod, ByodBuilder, ConnectionStatus, Credentials, EncryptionKey, KeepFor, Router,
};
use serde::Deserialize;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::external::node_folder;
use super::processor::processor;
use super::resident::resident;
use crate::progress::Progress;
use crate::report::{Requirement, Section, Table};

const KEY: &str = "only for figures";
const SUBJECT: &str = "alice";

/// How many of somebody else's stay.
const OTHERS: usize = 500;

/// How many the script copies, at most.
const BY_SCRIPT: usize = 2000;

/// How often it is looked how far it is.
const LOOK: Duration = Duration::from_millis(5);

/// Main, and a user who has that many documents there.
struct World {
    main: LocalDeployment,
    own: LocalDeployment,
    user: String,
    runtime: Runtime,
}

/// What was measured of one move.
struct Moved {
    seconds: f64,
    /// Of them, until calls that were under way had to be over.
    waited: f64,
    /// µs of processors that the mover took, and the deployments.
    processor: [f64; 2],
    /// Bytes of the process that moved them, at 10 %, 50 % and 100 % of the documents.
    resident: [f64; 3],
}

/// What the process or the script says in the end.
#[derive(Deserialize)]
struct Said {
    documents: usize,
    seconds: f64,
}

pub(crate) fn measure(
    program: &Path,
    documents: usize,
    progress: &Progress,
) -> Result<Section, Box<dyn Error>> {
    let mut table = Table::new(&[
        "documents",
        "s",
        "of it waiting",
        "documents/s",
        "µs each",
        "of a processor: mover's",
        "deployments'",
        "MiB at 10 %",
        "50 %",
        "100 %",
    ]);
    let mut each = Vec::new();
    let mut last = None;
    for documents in [documents / 10, documents] {
        progress.at(format!("move: {documents} documents"));
        let world = World::with(documents)?;
        let moved = world.move_in(program, documents)?;
        let rate = documents as f64 / (moved.seconds - moved.waited);
        each.push(1e6 / rate);
        let mebibytes = moved
            .resident
            .map(|bytes| format!("{:.1}", bytes / 1048576.0));
        let cells = [
            documents.to_string(),
            format!("{:.2}", moved.seconds),
            format!("{:.2}", moved.waited),
            format!("{rate:.0}"),
            format!("{:.1}", 1e6 / rate),
        ];
        let processor = moved
            .processor
            .map(|microseconds| format!("{:.1}", microseconds / documents as f64));
        let cells = cells.into_iter().chain(processor);
        table.row(cells.chain(mebibytes).collect());
        last = Some((rate, moved.resident));
    }
    let (rate, [early, _, late]) = last.ok_or("nothing was moved")?;
    let copied = documents.min(BY_SCRIPT);
    progress.at(format!("move: {copied} documents by a script on Node"));
    let said = World::with(copied)?.copy_by_script(copied)?;
    let by_script = said.documents as f64 / said.seconds;
    let script = ["-"; 5].map(str::to_owned);
    let cells = [
        format!("{copied}, by a script on Node"),
        format!("{:.2}", said.seconds),
        "-".to_owned(),
        format!("{by_script:.0}"),
        format!("{:.1}", 1e6 / by_script),
    ];
    table.row(cells.into_iter().chain(script).collect());
    let title = "Small documents that move from main to a deployment of their user's own";
    let mut section = Section::new(title, table);
    section.requirements = vec![
        Requirement::at_least(
            "documents a second, times the script's",
            rate / by_script,
            20.0,
        ),
        Requirement::at_most(
            "a document's cost, of so many by that of a tenth",
            each[1] / each[0],
            1.2,
        ),
        Requirement::at_most(
            "the mover's memory at the end, by that at 10 %",
            late / early,
            1.1,
        ),
    ];
    section.notes.push(
        "Waiting is for calls that were under way when writes were refused first: their time limit, whatever there is to move. Rates are without it.".to_owned(),
    );
    Ok(section)
}

fn manifest() -> Result<Manifest, Box<dyn Error>> {
    let mut manifest = read_manifest(byod_examples::MANIFEST)?;
    let created_at = Some("createdAt".to_owned());
    manifest.moves = Some(Moves { created_at });
    Ok(manifest)
}

impl World {
    fn with(documents: usize) -> Result<Self, Box<dyn Error>> {
        let runtime = Builder::new_multi_thread()
            // Each deployment is a machine of its own.
            .worker_threads(2)
            .enable_all()
            .build()?;
        let manifest = manifest()?;
        let main = runtime.block_on(Local::main(&manifest).start())?;
        let own = runtime.block_on(Local::user(&manifest).name(SUBJECT).start())?;
        let user = sign_up(&main, SUBJECT)?;
        let bob = sign_up(&main, "bob")?;
        for (user, count) in [(&bob, OTHERS), (&user, documents)] {
            for number in 0..count {
                let note = json!({
                    "userId": user, "title": format!("note {number}"), "content": "small",
                    "createdAt": 0.0, "updatedAt": number as f64,
                });
                main.insert("notes", note)?;
            }
        }
        let world = Self {
            main,
            own,
            user,
            runtime,
        };
        world.runtime.block_on(async {
            let byod = Byod::builder()
                .main_url(world.main.url())
                .deploy_key(world.main.deploy_key())
                .encryption_key(EncryptionKey::parse(KEY)?)
                .development(true)
                .build()?;
            let credentials = Credentials::new(world.own.url(), world.own.deploy_key());
            byod.save_credentials(&*world.user, &credentials, ConnectionStatus::Pending)
                .await
        })?;
        Ok(world)
    }

    fn move_in(&self, program: &Path, documents: usize) -> Result<Moved, Box<dyn Error>> {
        let deployments = std::process::id();
        let begun = processor(deployments)?;
        let mover = Command::new(program)
            .arg("move-run")
            .env("CONVEX_URL", self.main.url())
            .env("CONVEX_DEPLOY_KEY", self.main.deploy_key())
            .env("BYOD_ENCRYPTION_KEY", KEY)
            .env("MOVED_USER", &self.user)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut mover = Ended(mover);
        let mut memory = [f64::NAN; 3];
        let (mut waits_since, mut waited) = (None, None);
        let mut of_mover = 0.0;
        while mover.0.try_wait()?.is_none() {
            std::thread::sleep(LOOK);
            // One that has just ended has no more to tell.
            of_mover = processor(mover.0.id()).unwrap_or_default().max(of_mover);
            let Some(state) = self.main.documents("byodMoves").pop() else {
                continue;
            };
            let done = state.number("done").unwrap_or_default() / documents as f64;
            for (share, at) in [0.1, 0.5, 1.0].into_iter().zip(&mut memory) {
                if done >= share && at.is_nan() {
                    *at = resident(mover.0.id())?;
                }
            }
            if state.str("phase") == Some("verify") {
                let since = *waits_since.get_or_insert_with(Instant::now);
                if state.str("table").is_some() && waited.is_none() {
                    waited = Some(since.elapsed().as_secs_f64());
                }
            }
        }
        let said = mover.said()?;
        let of_deployments = processor(deployments)? - begun;
        let others = self.main.documents("notes");
        let others = others
            .iter()
            .filter(|note| note.str("userId") != Some(&*self.user));
        let came = (said.documents, self.own.count("notes"), others.count());
        if came != (documents, documents, OTHERS) {
            return Err(format!("of {documents} documents, and {OTHERS} others: {came:?}").into());
        }
        Ok(Moved {
            seconds: said.seconds,
            waited: waited.ok_or("nobody saw it wait")?,
            processor: [of_mover, of_deployments],
            resident: memory,
        })
    }

    fn copy_by_script(&self, documents: usize) -> Result<Said, Box<dyn Error>> {
        let claim = Object::from([
            ("subject", SUBJECT.into()),
            ("user", self.user.as_str().into()),
        ]);
        self.own.run("byod/claim:claim", claim)?;
        let script = Command::new("node")
            .arg("move.mjs")
            .current_dir(node_folder()?)
            .env("MAIN_URL", self.main.url())
            .env("TOKEN", self.main.token(SUBJECT)?)
            .env("OWN_URL", self.own.url())
            .env("OWN_KEY", self.own.deploy_key())
            .env("SUBJECT", SUBJECT)
            .stdout(Stdio::piped())
            .spawn()?;
        let said = Ended(script).said()?;
        match (said.documents, self.own.count("notes")) {
            came if came == (documents, documents) => Ok(said),
            came => Err(format!("the script copied {came:?} of {documents} documents").into()),
        }
    }
}

/// Moves the user's documents, in the process that does nothing else.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let manifest = manifest()?;
    let user = std::env::var("MOVED_USER")?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let router = Router::of_manifest(&manifest);
    let report = runtime.block_on(async {
        let byod = ByodBuilder::from_env()?
            .tables(router.tables())
            .functions(router.functions())
            // It is how long it waits.
            .cache_ttl(Duration::from_secs(1))
            .timeout(Duration::from_secs(3))
            .development(true)
            .build()?;
        byod.move_in(user, SUBJECT).keep(KeepFor::Good).await
    })?;
    let seconds = report.took.as_secs_f64();
    println!(
        "{}",
        json!({"documents": report.documents, "seconds": seconds})
    );
    Ok(())
}

/// A process that ends with this value, if not before.
struct Ended(Child);

impl Ended {
    /// Waits for its end, and reads what it has said.
    fn said(&mut self) -> Result<Said, Box<dyn Error>> {
        let mut text = String::new();
        if let Some(mut stdout) = self.0.stdout.take() {
            stdout.read_to_string(&mut text)?;
        }
        match self.0.wait()?.success() {
            true => Ok(serde_json::from_str(text.trim())?),
            false => Err("what moves documents has failed".into()),
        }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sign_up(main: &LocalDeployment, subject: &str) -> Result<String, Box<dyn Error>> {
    let account = json!({
        "subject": subject, "name": subject, "email": format!("{subject}@example.org"),
        "createdAt": 0.0, "updatedAt": 0.0,
    });
    Ok(main.insert("users", account)?)
}
