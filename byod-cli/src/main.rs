//! `byod`: begins a service's files, writes the Convex project of users' deployments, checks it against
//! main's, makes encryption keys and rotates them, gives up users' claims, and looks after users' deployments.

mod carry;
mod check;
mod error;
mod export;
mod layout;
mod owners;
mod print;
mod records;
mod service;
mod source;
mod touches;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use error::Error;
use records::{disconnect, fleet, moving, release, rotate};

/// What every command's help ends with.
const EXIT_STATUS: &str = "Exit status: 0 where all is as it should be, 1 where something is left to do, 2 where the command could not do its work.";

/// Bring your own database, for services on Convex.
#[derive(Parser)]
#[command(name = "byod", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Begin the files by which a service is built on byod.
    ///
    /// Writes byod.toml, guessing from your schema which tables hold what is your users' own,
    /// and build.rs, adds the dependencies' lines to Cargo.toml, and says what is next. What
    /// is there is left as it is, so it can be run again.
    Init {
        /// The service's folder, with its Cargo.toml.
        #[arg(value_name = "FOLDER", default_value = ".")]
        folder: PathBuf,
        /// Your Convex project: its folder, or the app's. Otherwise it is looked for in the
        /// service's folder, in those above it in the same repository, and beside it.
        #[arg(long, value_name = "FOLDER")]
        convex: Option<PathBuf>,
        /// Where byod's crates are from: a checkout's folder, or a repository's URL. Otherwise
        /// the checkout that the tool was built from, or the registry.
        #[arg(long, value_name = "FOLDER or URL")]
        byod: Option<String>,
        /// Print JSON, for scripts.
        #[arg(long)]
        json: bool,
    },
    /// Write the Convex project of users' deployments.
    ///
    /// Reads byod.toml and main's Convex project, and writes the folder that
    /// `[user] convex` names. Files that a person has edited are kept, and the
    /// exit status is 1 then. Functions of your own go into its folder custom/.
    Export {
        #[command(flatten)]
        common: Common,
        /// Overwrite files that have been edited.
        #[arg(long)]
        force: bool,
        /// Don't have TypeScript judge what is to be written.
        ///
        /// Else it is, where main's project has the packages `typescript` and `convex`
        /// installed and `node` is on PATH; functions that don't typecheck are missing.
        #[arg(long)]
        no_typecheck: bool,
        /// Write what main needs instead: the users' records and their functions.
        #[arg(long)]
        main: bool,
    },
    /// Compare the two projects; exit status 1 where a call would fail.
    Check {
        #[command(flatten)]
        common: Common,
    },
    /// Print what a Convex project declares, as JSON.
    Read {
        /// Install the packages that it imports, apart from it, and read with them.
        ///
        /// At the versions of its lock file or package.json, by the package manager that
        /// wrote that, or another that is there, without scripts, in a temporary folder: 10 minutes and 1 GiB at most.
        #[arg(long)]
        with_packages: bool,
        /// The Convex folder, or that of the app.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Write the snapshot that byod.toml names, read with all packages.
    ///
    /// Packages that aren't installed are, apart from the projects, as for
    /// `byod read --with-packages`.
    Snapshot {
        #[command(flatten)]
        common: Common,
    },
    /// Begin what your tests say of functions on the deployments of `byod-local`.
    ///
    /// Writes tests/local/mod.rs beside byod.toml, with a closure for each function that
    /// `byod-local` doesn't do by itself: it gives a value of the kind that the function
    /// does, and is yours to write on. A file that is there is left as it is.
    Local {
        #[command(flatten)]
        common: Common,
        /// Write the file.
        #[arg(long, required = true)]
        init: bool,
    },
    /// Print a fresh BYOD_ENCRYPTION_KEY: 64 hex digits.
    Keygen,
    /// Seal all users' records with the current encryption key.
    ///
    /// Takes main and the keys from the environment: CONVEX_URL and CONVEX_DEPLOY_KEY
    /// (or CONVEX_SELF_HOSTED_URL and CONVEX_SELF_HOSTED_ADMIN_KEY), BYOD_ENCRYPTION_KEY
    /// and, separated by commas, BYOD_FORMER_ENCRYPTION_KEYS.
    /// Services go on meanwhile. What was cut off is done by running it again.
    /// Records that no key opens are listed and left alone; the exit status is 1 then.
    /// With `--engine`, each record is sealed by that engine's workers, one change of a user's
    /// at a time.
    RotateKey {
        #[command(flatten)]
        options: rotate::Options,
        /// Print JSON, for scripts.
        #[arg(long)]
        json: bool,
    },
    /// Give up a user's claim of their own deployment, so that somebody else can
    /// connect it.
    ///
    /// Takes main and the keys from the environment, as `rotate-key` does; the deployment
    /// is that of the user's record, or the one that is named. Disconnect the user first:
    /// the next call of one who is connected claims it again. What is stored there stays.
    /// Exit status 1 where it is not free then.
    Release {
        #[command(flatten)]
        options: release::Options,
        /// Print JSON, for scripts.
        #[arg(long)]
        json: bool,
    },
    /// Have main answer a user again, instead of their own deployment.
    ///
    /// Takes main and the keys from the environment, as `rotate-key` does. Prints how many
    /// documents stay on the deployment, where `byod.toml` has `[user.move]`: `byod move`
    /// brings them to main, now as before.
    Disconnect {
        #[command(flatten)]
        options: disconnect::Options,
        /// Print JSON, for scripts.
        #[arg(long)]
        json: bool,
    },
    /// Move what a user has to their own deployment, or back to main.
    ///
    /// Takes main and the keys from the environment, as `rotate-key` does. The user's
    /// deployment is that of their record; once all is there it answers for them, and with
    /// `--to main` main does. Meanwhile they read, and don't write. What was cut off goes on
    /// when it is run again. Exit status 1 where something can't move.
    /// With `--engine`, that engine's workers do it, in the user's turn, and go on whoever looks
    /// on; the environment isn't needed then, but for `--dry-run`.
    Move {
        #[command(flatten)]
        options: moving::Options,
        /// Print JSON, for scripts.
        #[arg(long)]
        json: bool,
    },
    /// Look after all users' deployments.
    ///
    /// Takes main and the keys from the environment, as `rotate-key` does.
    Fleet {
        #[command(subcommand)]
        command: Fleet,
    },
    /// Print what a shell needs to complete the tool's commands.
    ///
    /// For bash: `byod completions bash > ~/.local/share/bash-completion/completions/byod`.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages: byod.1, and one for each command.
    Man {
        /// The folder to write them into, such as ~/.local/share/man/man1.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

#[derive(Subcommand)]
enum Fleet {
    /// Say how every user's deployment is: its version, when it was last tested, what is wrong.
    ///
    /// From the users' records on main, a page at a time; with `--probe` from the deployments,
    /// too, each within limits of its own. Nothing is written anywhere. Exit status 1 where a
    /// deployment fails, or is older than asked for.
    Status {
        #[command(flatten)]
        options: fleet::status::Options,
        /// Print JSON, for scripts.
        #[arg(long)]
        json: bool,
    },
    /// Bring the project that `byod export` wrote to all users' deployments.
    ///
    /// The package `convex` that is installed beside it bundles it once. Users get it wave by
    /// wave; where more of a wave fail than may, it stops. Who has the version is passed over,
    /// so what was cut off, or has stopped, goes on when it is run again. A deployment whose
    /// documents don't match the new schema is left as it was. Exit status 1 where somebody
    /// has not got it.
    Deploy {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: fleet::deploy::Options,
    },
    /// Keep doing it: for new versions, for users who connect, for those that failed.
    ///
    /// Goes on until it is ended, which may be at any time. It looks at the exported project and at
    /// the users' records in each round; tries those again that failed, after pauses that grow from
    /// a minute to six hours; and tests all deployments in a slow rhythm.
    Run {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: fleet::run::Options,
    },
    /// Stop a roll-out that was handed over to an engine.
    ///
    /// Deployments under way are finished, nobody else is begun with, and the command that began it goes on with it. One
    /// that is run without an engine is stopped where it runs, by Ctrl-C.
    Stop {
        #[command(flatten)]
        options: fleet::stop::Options,
        /// Print JSON, for scripts.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Common {
    /// Where byod.toml is.
    #[arg(long, value_name = "FILE", default_value = "byod.toml")]
    config: PathBuf,
    /// Print JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// What the tool takes, with the exit statuses in the help of each command.
fn cli() -> clap::Command {
    Cli::command()
        .after_help(EXIT_STATUS)
        .mut_subcommands(|command| {
            command
                .after_help(EXIT_STATUS)
                .mut_subcommands(|command| command.after_help(EXIT_STATUS))
        })
}

fn main() -> ExitCode {
    let parsed = Cli::from_arg_matches(&cli().get_matches());
    let command = parsed.unwrap_or_else(|error| error.exit()).command;
    // What is parsed may be nested deep.
    let result = byod_build::with_deep_stack(move || run(command));
    match result.unwrap_or_else(|error| Err(error.into())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            print::error(&error);
            ExitCode::from(2)
        }
    }
}

/// Whether everything is as it should be.
fn run(command: Command) -> Result<bool, Error> {
    match command {
        Command::Init {
            folder,
            convex,
            byod,
            json,
        } => {
            let options = service::Options {
                folder,
                convex,
                byod,
            };
            let report = service::init(&options)?;
            let is_whole = report.todo.is_empty();
            print::either(json, &report, print::begun)?;
            Ok(is_whole)
        }
        Command::Export {
            common,
            force,
            no_typecheck,
            main,
        } => {
            let options = export::Options {
                force,
                typecheck: !no_typecheck,
            };
            if main {
                let report = export::main_side::export(&common.config, &options)?;
                let is_whole = report.kept.is_empty();
                print::either(common.json, &report, print::main_side)?;
                return Ok(is_whole);
            }
            let report = export::export(&common.config, &options)?;
            let is_whole = report.files.kept.is_empty();
            print::either(common.json, &report, print::export)?;
            Ok(is_whole)
        }
        Command::Check { common } => {
            let report = check::check(&common.config)?;
            let fits = report.fits;
            print::either(common.json, &report, print::check)?;
            Ok(fits)
        }
        Command::Read {
            with_packages,
            folder,
        } => {
            let declared = service::read(&folder, with_packages)?;
            print::json(&declared)?;
            Ok(true)
        }
        Command::Snapshot { common } => {
            let report = service::snapshot(&common.config)?;
            let is_whole = report.warnings.is_empty();
            print::either(common.json, &report, print::snapshot)?;
            Ok(is_whole)
        }
        Command::Local { common, init: _ } => {
            let begun = service::closures(&common.config)?;
            print::either(common.json, &begun, print::closures)?;
            Ok(true)
        }
        Command::Keygen => {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(Error::Random)?;
            // The one secret that the tool prints: that is what it was asked for.
            print::line(&hex::encode(key))?;
            Ok(true)
        }
        Command::RotateKey { options, json } => {
            let report = rotate::rotate(&options)?;
            print::either(json, &report, print::rotation)?;
            Ok(report.is_done())
        }
        Command::Release { options, json } => {
            let report = release::release(options)?;
            print::either(json, &report, print::release)?;
            Ok(report.is_free())
        }
        Command::Disconnect { options, json } => {
            let report = disconnect::disconnect(&options)?;
            print::either(json, &report, print::disconnected)?;
            Ok(true)
        }
        Command::Move { options, json } => {
            let report = moving::run(&options)?;
            print::either(json, &report, print::moved)?;
            Ok(report.is_whole())
        }
        Command::Fleet { command } => look_after(command),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut cli(), "byod", &mut script);
            print::line(String::from_utf8_lossy(&script).trim_end())?;
            Ok(true)
        }
        Command::Man { folder } => {
            let written = std::fs::create_dir_all(&folder)
                .and_then(|()| clap_mangen::generate_to(cli(), &folder));
            written.map_err(|source| Error::Manual { folder, source })?;
            Ok(true)
        }
    }
}

/// `byod fleet`.
fn look_after(command: Fleet) -> Result<bool, Error> {
    match command {
        Fleet::Status { options, json } => {
            let mut listing = print::Listing::begin(json);
            let totals = fleet::status::read(&options, |row| listing.row(row))?;
            listing.end(&totals)?;
            Ok(options.is_well(&totals))
        }
        Fleet::Deploy { common, options } => {
            let report = fleet::deploy::deploy(&common.config, &options)?;
            print::either(common.json, &report, print::rollout)?;
            Ok(report.is_done())
        }
        Fleet::Run { common, options } => fleet::run::run(&common.config, &options, |round| {
            print::round(common.json, round)
        }),
        Fleet::Stop { options, json } => {
            print::either(json, &fleet::stop::stop(&options)?, print::stopped)?;
            Ok(true)
        }
    }
}
