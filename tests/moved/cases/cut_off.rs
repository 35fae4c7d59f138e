//! A move that is cut off anywhere, by the process's end or the network's, is gone on with by another process.

use std::time::Duration;

use byod_runtime::Error;
use serde_json::{Value, json};

use crate::content::{everything_of, everything_there, files_of, files_there};
use crate::proxy::{Fault, Part, Spoiled};
use crate::service::{User, World, service};
use crate::{AT_ONCE, fill};

/// How many notes have a file.
const FILES: u32 = 3;

/// All that the user has where it moves to, and where it was.
async fn sides(world: &World, user: &User, way_in: bool) -> [Vec<Value>; 2] {
    let (there, here) = (
        everything_there(user).await,
        everything_of(world, &user.id).await,
    );
    match way_in {
        true => [there, here],
        false => [here, there],
    }
}

/// How many files there are where it moves to.
async fn files(world: &World, user: &User, way_in: bool) -> usize {
    match way_in {
        true => files_there(user).await.len(),
        false => files_of(world).await.len(),
    }
}

/// Nothing is left of the move, and nothing refused to them any more.
async fn may_write(world: &World, user: &User, way_in: bool, seed: usize) {
    let status = world.byod.status(&*user.id).await.unwrap();
    assert_eq!(status.record.unwrap().moving, None, "seed {seed}");
    let folder = json!({"name": "not frozen"});
    let id: String = user.mutation("folders:create", folder).await;
    let place = json!({"id": id});
    match way_in {
        true => user.there::<()>("custom/peek:remove", &place).await,
        false => world.on_main::<()>("peek:remove", &place).await,
    }
}

/// A process of its own, which is told what to move by its environment.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the test that kills it runs it"]
async fn the_process_that_is_killed() {
    let told = |name: &str| std::env::var(name).unwrap();
    let byod = service(&told("MOVED_MAIN"), &told("MOVED_KEY"));
    let user = told("MOVED_USER");
    let moved = match told("MOVED_WAY").as_str() {
        "in" => byod.move_in(user, "alice").keep(AT_ONCE).await,
        _ => byod.move_out(user, "alice").keep(AT_ONCE).await,
    };
    moved.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_is_gone_on_for_by_another() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 20, 0).await;
    for note in fill(&world, &alice, FILES, 100).await {
        let file: String = world.on_main("peek:store", &json!({"text": note})).await;
        let cover = json!({"id": note, "document": {"cover": file}});
        world.on_main::<()>("peek:patch", &cover).await;
    }
    let hers = everything_of(&world, &alice.id).await;
    alice.connect(&world.byod).await;
    let seeds = std::env::var("BYOD_SEEDS").map_or(6, |seeds| seeds.parse::<usize>().unwrap());
    let mut killed = 0;
    let calls = || world.proxy.calls() + alice.proxy.calls();
    // How many calls a move takes.
    let before = calls();
    world
        .byod
        .move_in(&*alice.id, "alice")
        .keep(AT_ONCE)
        .await
        .unwrap();
    world
        .byod
        .move_out(&*alice.id, "alice")
        .keep(AT_ONCE)
        .await
        .unwrap();
    let most = (calls() - before) / 2;
    for seed in 0..seeds {
        let way_in = seed % 2 == 0;
        let files = files(&world, &alice, way_in).await;
        let at = calls()
            + 1
            + (seed as u64)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(20) as usize
                % most;
        let mut process = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "cut_off::the_process_that_is_killed",
                "--ignored",
            ])
            .env("MOVED_MAIN", &world.proxy.url)
            .env("MOVED_KEY", world.main_key())
            .env("MOVED_USER", &alice.id)
            .env("MOVED_WAY", if way_in { "in" } else { "out" })
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while calls() < at && process.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // SIGKILL: nothing of it runs any more.
        process.kill().unwrap();
        killed += usize::from(!process.wait().unwrap().success());

        world.lease_ends(&alice.id).await;
        let resumed = world.byod.resume_moves().await.unwrap();
        assert_eq!(resumed.failed, 0, "seed {seed}");
        // It may have been killed before it had begun.
        if sides(&world, &alice, way_in).await[0].is_empty() {
            let moved = match way_in {
                true => world.byod.move_in(&*alice.id, "alice"),
                false => world.byod.move_out(&*alice.id, "alice"),
            };
            moved.keep(AT_ONCE).await.unwrap();
        }
        let [full, empty] = sides(&world, &alice, way_in).await;
        assert_eq!(full, hers, "seed {seed}");
        assert!(empty.is_empty(), "seed {seed}: {empty:#?}");
        may_write(&world, &alice, way_in, seed).await;
        let come = self::files(&world, &alice, way_in).await - files;
        assert_eq!(come, FILES as usize, "seed {seed}: each file once");
    }
    assert!(killed > 0, "none was killed");
}

/// Cut off at any request, before or after it has taken effect, another process goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_goes_on_wherever_it_was_cut_off() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 20, 0).await;
    fill(&world, &alice, 3, 100).await;
    let hers = everything_of(&world, &alice.id).await;
    alice.connect(&world.byod).await;
    let seeds = std::env::var("BYOD_SEEDS").map_or(12, |seeds| seeds.parse::<usize>().unwrap());
    let mut cut = 0;
    for seed in 0..seeds {
        let way_in = seed % 2 == 0;
        // Which request, in front of which side, and whether it takes effect.
        let at = seed * 7 % 23;
        let (proxy, takes_effect) = match seed % 4 {
            0 => (&world.proxy, true),
            1 => (&alice.proxy, true),
            2 => (&alice.proxy, false),
            _ => (&world.proxy, false),
        };
        let (byod, id) = (world.another(), alice.id.clone());
        let before = proxy.calls();
        let moving = tokio::spawn(async move {
            match way_in {
                true => byod.move_in(id, "alice").keep(AT_ONCE).await,
                false => byod.move_out(id, "alice").keep(AT_ONCE).await,
            }
        });
        while proxy.calls() < before + at && !moving.is_finished() {
            tokio::task::yield_now().await;
        }
        proxy.strike(match takes_effect {
            true => Fault::Answer(Spoiled::Reset(Part::Nothing)),
            false => Fault::ResetSending,
        });
        tokio::time::sleep(Duration::from_millis(seed as u64 * 13 % 60)).await;
        cut += usize::from(!moving.is_finished());
        moving.abort();
        let _ = moving.await;
        proxy.heal();

        let (mut goes_on, mut tries) = (true, 0);
        while goes_on {
            let moved = match way_in {
                true => world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE).await,
                false => world.byod.move_out(&*alice.id, "alice").keep(AT_ONCE).await,
            };
            // Until it is known that the other process sees to it no more.
            goes_on = matches!(&moved, Err(Error::NotMoved { reason, .. }) if reason.contains("another process"));
            if goes_on {
                world.lease_ends(&alice.id).await;
            } else if !matches!(&moved, Err(Error::NotMoved { reason, .. }) if reason.contains("no deployment"))
            {
                moved.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            }
            tries += 1;
            assert!(tries < 100);
        }
        let [full, empty] = sides(&world, &alice, way_in).await;
        assert_eq!(full, hers, "seed {seed}");
        assert!(empty.is_empty(), "seed {seed}: {empty:#?}");
        may_write(&world, &alice, way_in, seed).await;
    }
    assert!(cut > 0, "none was cut off");
}
