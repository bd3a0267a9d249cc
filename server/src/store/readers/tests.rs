//! Reads that are given up, follow one another, or come all at once.

use super::*;
use sqlx::{AssertSqlSafe, sqlite::SqliteJournalMode};

async fn count(reader: &mut Reader) -> Result<i64, Error> {
    let ask = async |connection: &mut SqliteConnection, sql: String| sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await;
    reader.ask("SELECT count(*) FROM line".into(), ask).await
}

/// Readers, and the writer whose lines they count.
async fn file(folder: &std::path::Path, count: u32) -> Result<(Readers, SqliteConnection), Error> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("file.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let mut writer = options.connect().await?;
    sqlx::raw_sql("CREATE TABLE line (n bigint)").execute(&mut writer).await?;
    Ok((Readers::new(options, count), writer))
}

async fn write(writer: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::raw_sql("INSERT INTO line VALUES (1)").execute(writer).await.map(|_| ())
}

#[tokio::test]
async fn a_reader_sees_one_state_and_the_next_one_what_is_new() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (readers, mut writer) = file(folder.path(), 1).await?;
    for lines in 0..3 {
        let mut reader = readers.reader().await?;
        assert_eq!(count(&mut reader).await?, lines);
        write(&mut writer).await?;
        assert_eq!(count(&mut reader).await?, lines, "the state has changed under the reader");
    }
    sleep(REST * 5).await;
    assert_eq!(count(&mut readers.reader().await?).await?, 3, "a rested connection reads");
    Ok(())
}

#[tokio::test]
async fn what_was_given_up_or_failed_is_not_used_again() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (readers, mut writer) = file(folder.path(), 1).await?;
    for _ in 0..20 {
        let mut reader = readers.reader().await?;
        let given_up = timeout(Duration::ZERO, count(&mut reader)).await;
        assert_eq!(given_up.is_err(), reader.connection.is_none());
    }
    let mut reader = readers.reader().await?;
    let wrong = async |connection: &mut SqliteConnection, _| sqlx::raw_sql("SELECT nothing").execute(connection).await;
    assert!(reader.ask(String::new(), wrong).await.is_err() && count(&mut reader).await.is_err());
    drop(reader);
    write(&mut writer).await?;
    assert_eq!(count(&mut readers.reader().await?).await?, 1);
    Ok(())
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_ends() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (readers, mut writer) = file(folder.path(), 1).await?;
    write(&mut writer).await?;
    let mut reader = readers.reader().await?;
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 FROM line UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let ask = async |connection: &mut SqliteConnection, sql: String| sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
    assert!(timeout(REST, reader.ask(endless.into(), ask)).await.is_err());
    drop(reader);
    let mut busy = 1;
    for _ in 0..100 {
        (busy, _, _) = sqlx::query_as::<_, (i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut writer)
            .await?;
        if busy == 0 {
            break;
        }
        sleep(REST).await;
    }
    assert_eq!(busy, 0, "it is still at work");
    assert_eq!(count(&mut readers.reader().await?).await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_never_more_connections_than_asked_for() -> anyhow::Result<()> {
    const COUNT: u32 = 4;
    let folder = tempfile::tempdir()?;
    let (readers, _writer) = file(folder.path(), COUNT).await?;
    for burst in 0..60_u32 {
        let read = async || count(&mut readers.reader().await?).await;
        futures::future::try_join_all((0..COUNT).map(|_| read())).await?;
        // So that some bursts come while the transactions of the one before are being ended.
        sleep(REST + Duration::from_micros(u64::from(burst % 30) * 100)).await;
    }
    sleep(REST * 5).await;
    let connections = readers.idle().connections.len();
    assert!(connections <= COUNT as usize, "{connections} connections");
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_nobody_goes_on_from_ends() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (readers, mut writer) = file(folder.path(), 2).await?;
    write(&mut writer).await?;
    count(&mut readers.reader().await?).await?;
    sleep(REST * 5).await;
    let (busy, ..): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut writer).await?;
    assert_eq!(busy, 0, "the log is still read");
    Ok(())
}
