using DataSync.Platform.Audit.Reading;
using DataSync.Privacy.Subjects;
using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Finding;
using DataSync.Privacy.Subjects.Stores;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Privacy;

/// <summary>What one tenant asks for about people keeps no other waiting: not for its turn, not for a statement, not for a connection.</summary>
public sealed class ErasureTurnsTests(PrivacyRig rig) : IClassFixture<PrivacyRig>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_that_takes_long_is_left_for_others_and_gone_on_with_where_it_was()
    {
        foreach (var tenant in (string[])["large", "small"]) await rig.JobAsync(tenant, "s", PrivacyRig.Plan("jsonl"), ["""{"email":"ann@turns.example"}""", """{"email":"bob"}"""]);
        List<(string Tenant, Guid Id)> requests = [];
        foreach (var (tenant, value) in ((string, string)[])[("large", "ann@turns.example"), ("large", "carl@turns.example"), ("small", "ann@turns.example")])
            requests.Add((tenant, (await rig.Get<ErasureRequests>().AddAsync(PrivacyRig.Caller(tenant), PrivacyRig.Whole(value), null, Ct)).RequestId));
        var runner = new ErasureRunner(rig.Jobs.Tenants, rig.Get<SubjectSeal>(), rig.Get<AwaitedJobs>(), rig.Get<IEnumerable<IHoldsSubjects>>(), new Hurried(), rig.Get<ILogger<ErasureRunner>>());
        var worker = new ErasureWorker(rig.Database.Sources, runner, TimeProvider.System, rig.Get<ILogger<ErasureWorker>>());

        // Two steps each, the first of each tenant before anybody's second.
        Assert.Equal(3, await worker.RunDueAsync(Ct));
        Assert.Equal([requests[0].Id, requests[2].Id, requests[1].Id], BegunBy(requests));
        Assert.Equal(3L, await rig.SqlAsync("SELECT count(*) FROM privacy_requests WHERE status = 'waiting' AND failure IS NULL AND attempts = 1 AND tenant_id IN ('large', 'small')"));
        for (var i = 0; i < 60 && await rig.SqlAsync("SELECT EXISTS (SELECT FROM privacy_requests WHERE completed_at IS NULL AND tenant_id IN ('large', 'small'))") is true; i++) await worker.RunDueAsync(Ct);
        foreach (var (tenant, id) in requests)
        {
            var receipt = (await rig.Get<ErasureRequests>().FindAsync(tenant, id, Ct))!;
            Assert.Equal(("completed", id == requests[1].Id ? 0L : 1L), (receipt.Status, receipt.Erased.GetValueOrDefault("records")));
        }
    }

    [Fact]
    public async Task Tables_are_gone_through_in_parts_and_nobody_at_their_seams_is_missed()
    {
        await rig.SqlAsync(
            """
            INSERT INTO idempotency_keys (tenant_id, operation, key, fingerprint, claim_id, expires_at, created_at, status, body)
            SELECT 'seams', decode(CASE WHEN i % 2 = 0 THEN '01' ELSE '02' END, 'hex'), 'key-' || lpad(i::text, 5, '0'), '\x00', gen_random_uuid(), now() + interval '1 day', now(), 200,
                CASE WHEN i IN (0, 4999, 9998, 9999, 10000, 10050) THEN convert_to('{"email":"ann@seams.example"}', 'UTF8') ELSE '\x7b7d' END FROM generate_series(0, 10050) i
            """);
        await rig.SqlAsync(
            """
            SET session_replication_role = replica;
            INSERT INTO sync_jobs (tenant_id, id, source_id, source_type, mode, sync_type, status, record_count, error_count, extracted, refined, exported, bytes, config, created_at, completed_at, created_by, correlation_id,
                language, timeout_seconds, running_ms, fence, checkpoint, attempts, fruitless_attempts, fruitful_attempts, furthest, result, error_details)
            SELECT 'seams', ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 's', 'read', 'async', 'full', 'failed', 0, 0, 0, 0, 0, 0, '{}', now(), now(), '', '', 'en-US', 0, 0, 1, '{}', 1, 0, 0, 0, '{"exports":[]}',
                CASE WHEN i IN (1, 2000, 2001, 4100) THEN '{"value":"ann@seams.example"}' END FROM generate_series(1, 4100) i;
            RESET session_replication_role
            """);
        await rig.SqlAsync("INSERT INTO sync_job_attempts (tenant_id, job_id, fence, started_at, records, rejected, failure) SELECT tenant_id, id, f, now(), 0, 0, '{\"value\":\"ann@seams.example\"}' FROM sync_jobs, generate_series(1, 2) f WHERE tenant_id = 'seams' AND error_details IS NOT NULL");
        var search = new SubjectSearch("seams", new SubjectMatch(PrivacyRig.Whole("ann@seams.example")));
        foreach (var store in rig.Get<IEnumerable<IHoldsSubjects>>().OrderBy(s => s.Order)) await store.CountAsync(search, Ct);
        Assert.Equal((6L, 12L), (search.Counts["kept_answers"], search.Counts["job_details"]));
        var receipt = await rig.EraseAsync("seams", PrivacyRig.Whole("ann@seams.example"));
        Assert.Equal((6L, 12L), (receipt.Erased["kept_answers"], receipt.Erased["job_details"]));
    }

    [Fact]
    public async Task Whoever_reads_slowly_holds_no_connection_to_the_database()
    {
        var filler = new string('x', 200_000);
        await rig.JobAsync("slow", "s", PrivacyRig.Plan("jsonl"), [.. Enumerable.Range(0, 30).Select(i => $$"""{"email":"ann@slow.example","n":{{i}},"filler":"{{filler}}"}""")]);
        await using var target = new Watched(HeldAsync);
        var writer = new SubjectWriter(rig.Jobs.Tenants, target);
        var search = new SubjectSearch("slow", new SubjectMatch(PrivacyRig.Whole("ann@slow.example")));
        foreach (var store in rig.Get<IEnumerable<IHoldsSubjects>>().OrderBy(s => s.Order)) await store.WriteAsync(search, writer, Ct);
        Assert.Equal((30L, 30, 0L), (writer.Lines, target.Lines, target.Held));
        Assert.True(target.Writes > 4, $"{target.Writes}");

        await rig.SqlAsync("INSERT INTO audit_pending (tenant_id, time, actor_kind, actor, action, target_kind, target, outcome, correlation_id, details) SELECT 'slow', now(), 'user', 'u', 'a', 'k', i::text, 'succeeded', '', '{}' FROM generate_series(1, 2500) i");
        await Platform.Audit.AuditRig.SealAllAsync(rig.Database, Ct);
        await using var audit = new Watched(HeldAsync);
        await new AuditExport(rig.Jobs.Tenants, "slow", new AuditSelection(null, null, null, null, null)).WriteAsync(System.IO.Pipelines.PipeWriter.Create(audit), Ct);
        Assert.Equal(((long)(await rig.SqlAsync("SELECT count(*) FROM audit_log WHERE tenant_id = 'slow'"))!, 0L), ((long)audit.Lines, audit.Held));
        Assert.True(audit.Lines >= 2500, $"{audit.Lines}");
        await using var some = new Watched(HeldAsync);
        await new AuditExport(rig.Jobs.Tenants, "slow", new AuditSelection(null, null, null, null, "7")).WriteAsync(System.IO.Pipelines.PipeWriter.Create(some), Ct);
        Assert.Equal(1, some.Lines);
    }

    /// <summary>Sessions of the application that are in the middle of something in this database.</summary>
    private async Task<long> HeldAsync()
        => (long)(await rig.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'datasync_app' AND state <> 'idle'"))!;

    private List<Guid> BegunBy(List<(string Tenant, Guid Id)> requests)
        => [.. rig.Logs.Lines.Where(l => l.Contains(": attempt 1,", StringComparison.Ordinal)).Select(l => requests.FirstOrDefault(r => l.Contains(r.Id.ToString("D"), StringComparison.Ordinal)).Id).Where(id => id != Guid.Empty)];

    /// <summary>A clock by which each look at it takes long: the second place of a walk is where others have their turn.</summary>
    private sealed class Hurried : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Add(ref _now, 18);
    }

    /// <summary>A reader that looks at the database whenever it is given something.</summary>
    private sealed class Watched(Func<Task<long>> held) : Stream
    {
        public int Lines { get; private set; }

        public int Writes { get; private set; }

        public long Held { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Lines += buffer.Span.Count((byte)'\n');
            Writes++;
            Held += await held();
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
