use seiketsu::ids;
use seiketsu_domain::call::Speaker;
use seiketsu_domain::ids::CallId;
use seiketsu_projections::page::QueryError;
use seiketsu_projections::read_models::transcripts::{SegmentRow, list};

use super::scene::{Beginning, Scene};
use super::{assert_same_however_batched, project};

async fn told(scene: &Scene, lines: usize) -> CallId {
    let call = scene.connect(Beginning::default()).await;
    for line in 0..lines {
        scene.say(call, &[&format!("line {line}"), "yes"]).await;
    }
    project(&scene.database, 1000).await;
    call
}

async fn read_through(scene: &Scene, call: CallId, limit: i64) -> Vec<SegmentRow> {
    let (mut rows, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page =
            list(&mut *scene.read().await, scene.tenant, call, limit, cursor.as_deref()).await.unwrap();
        assert_eq!(page.has_more, page.next_cursor.is_some());
        rows.extend(page.data);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return rows,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_read_in_order_whatever_the_size_of_the_page() {
    let scene = Scene::set().await;
    let call = told(&scene, 4).await;
    let all = read_through(&scene, call, 100).await;
    assert_eq!(all.iter().map(|row| row.index).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    assert_eq!((all[6].text.as_str(), all[6].speaker), ("line 3", Speaker::Caller));
    for limit in 1..=8 {
        assert_eq!(read_through(&scene, call, limit).await, all, "pages of {limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_written_as_it_was_spoken() {
    let scene = Scene::set().await;
    let call = told(&scene, 1).await;
    let row = &read_through(&scene, call, 10).await[0];
    assert_eq!(
        serde_json::to_value(row).unwrap(),
        serde_json::json!({
            "index": 0, "speaker": "caller", "text": "line 0", "startMs": 1000, "endMs": 2000,
            "confidence": null, "final": true,
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_are_the_same_however_they_were_batched() {
    let scene = Scene::set().await;
    scene.whole_story().await;
    told(&scene, 3).await;
    assert_same_however_batched(&scene.database, &["transcript_segments"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_reads_nothing() {
    let scene = Scene::set().await;
    let (owner, call) = (scene.tenant, told(&scene, 1).await);
    let other = scene.elsewhere();
    assert_eq!(read_through(&other, call, 10).await, []);
    let stolen = list(&mut *other.read().await, owner, call, 10, None).await.unwrap();
    assert_eq!(stolen.data, [], "the database knows who reads, whatever the query asks for");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cursor_of_another_call_is_refused() {
    let scene = Scene::set().await;
    let call = told(&scene, 2).await;
    let cursor =
        list(&mut *scene.read().await, scene.tenant, call, 1, None).await.unwrap().next_cursor.unwrap();
    for (call, cursor) in [(ids::new(), cursor.as_str()), (call, "7"), (call, ""), (call, "bm9wZQ")] {
        let refused = list(&mut *scene.read().await, scene.tenant, call, 1, Some(cursor)).await;
        assert!(matches!(refused, Err(QueryError::BadCursor)), "{cursor}");
    }
}
