using System.Globalization;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using DataSync.Sources;
using DataSync.Sources.Slots;
using Microsoft.EntityFrameworkCore;

namespace DataSync.IntegrationTests.Sources;

public sealed class RotationTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly string Old = SourcesRoom.NewKey("old");
    private static readonly string New = SourcesRoom.NewKey("new");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>What a deleted source left until its server has been asked moves with the rest, and still opens when the old keys are gone.</summary>
    [Fact]
    public async Task Rotation_moves_the_credentials_that_a_deleted_source_left()
    {
        await using var room = new SourcesRoom(database, New);
        await room.CreateAsync("left", "s", Pair(7), Ct);
        SlotRelease? left = null;
        await room.Store.DeleteAsync("left", "s", _ => true, Ct, source => left = SlotRelease.Of(source, null, TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(10)));
        for (var i = 0; i < 2; i++) Assert.Equal(0, (await room.Get<DataKeyRotation>().RunAsync("left", Ct)).Unreadable);

        // a process that has no key in memory
        await using var other = new SourcesRoom(database, New);
        var stored = await other.Get<TenantDatabase>().RunAsync("left", t => t.Db.Set<SlotRelease>().AsNoTracking().SingleAsync(Ct), Ct);
        Assert.NotEqual(left!.ConnectionParams, stored.ConnectionParams);
        Assert.Equal(7, (await other.Reader.OpenAsync(stored.Source(), Ct))!.ConnectionParams.GetProperty("password").GetInt32());
        await other.Get<SourceRelease>().ForgetAsync(stored, Ct);
        Assert.False(await other.Get<TenantDatabase>().RunAsync("left", t => t.Db.Set<SlotRelease>().AnyAsync(Ct), Ct));
    }

    [Fact]
    public async Task Rotations_of_both_keys_and_of_credentials_under_load_fail_nobody()
    {
        // Three processes in the middle of a rollout: one does not wrap with the new key yet.
        await using var first = new SourcesRoom(database, $"{Old},{New}");
        await using var second = new SourcesRoom(database, $"{New},{Old}");
        await using var third = new SourcesRoom(database, $"{New},{Old}");
        SourcesRoom[] rooms = [first, second, third];
        string[] tenants = ["load a", "load b"];
        foreach (var tenant in tenants)
            for (var s = 0; s < 3; s++) await first.CreateAsync(tenant, $"source {s}", Pair(0), Ct);

        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        int reads = 0, writes = 0, dataKeys = 0, masterKeys = 0, n = 0;
        async Task UntilEnd(Func<Random, Task> step)
        {
            var random = new Random(Interlocked.Increment(ref n));
            while (!end.IsCancellationRequested) await step(random);
        }

        var work = new List<Task>();
        for (var i = 0; i < 4; i++)
        {
            work.Add(UntilEnd(async random =>
            {
                var opened = await rooms[random.Next(3)].OpenAsync(tenants[random.Next(2)], $"source {random.Next(3)}", Ct);
                Assert.Equal(opened.GetProperty("password").GetInt32(), opened.GetProperty("token").GetInt32());
                Interlocked.Increment(ref reads);
            }));
        }

        for (var i = 0; i < 2; i++)
        {
            work.Add(UntilEnd(async random =>
            {
                var number = Interlocked.Increment(ref n);
                var (room, tenant, source) = (rooms[random.Next(3)], tenants[random.Next(2)], $"source {random.Next(3)}");
                if (random.Next(3) == 0) await room.ReplaceAsync(tenant, source, $$"""{"driver":"fake","host":"db","database":"moved{{number}}","password":"***","token":"***"}""", Ct);
                else await room.ReplaceAsync(tenant, source, Pair(number), Ct);
                Interlocked.Increment(ref writes);
            }));
            work.Add(UntilEnd(async random =>
            {
                var outcome = await rooms[random.Next(3)].Get<DataKeyRotation>().RunAsync(tenants[random.Next(2)], Ct);
                Assert.Equal(0, outcome.Unreadable);
                Interlocked.Increment(ref dataKeys);
            }));
        }

        work.Add(UntilEnd(async random =>
        {
            Assert.Equal(0, (await rooms[random.Next(3)].Get<MasterKeyRotation>().RunAsync(Ct)).Failed);
            Interlocked.Increment(ref masterKeys);
        }));
        await Task.WhenAll(work);
        TestContext.Current.SendDiagnosticMessage($"reads {reads}, writes {writes}, data keys {dataKeys}, master keys {masterKeys}");
        Assert.True(reads > 50 && writes > 10 && dataKeys > 3 && masterKeys > 3, $"{reads} {writes} {dataKeys} {masterKeys}");

        // The rollout ends: everything under the new master key, one data key a tenant, and the old master key is not needed any more.
        foreach (var tenant in tenants) await second.Get<DataKeyRotation>().RunAsync(tenant, Ct);
        await second.Get<MasterKeyRotation>().RunAsync(Ct);
        Assert.Equal(["new"], (await second.Get<MasterKeyRotation>().UsesAsync(Ct)).Keys);
        await using var later = new SourcesRoom(database, New);
        Assert.Empty(await later.Get<EncryptionSelfTest>().RunAsync(Ct));
        foreach (var tenant in tenants)
        {
            Assert.Equal(1, await CountAsync(tenant));
            for (var s = 0; s < 3; s++) await later.OpenAsync(tenant, $"source {s}", Ct);
        }
    }

    [Fact]
    public async Task First_use_by_two_processes_at_once_ends_with_one_key()
    {
        for (var round = 0; round < 10; round++)
        {
            await using var first = new SourcesRoom(database, Old);
            await using var second = new SourcesRoom(database, Old);
            var tenant = $"first use {round}";
            await Task.WhenAll(Enumerable.Range(0, 12).Select(i => (i % 2 == 0 ? first : second).CreateAsync(tenant, $"s{i}", Pair(i), Ct)));
            Assert.Equal(1, await CountAsync(tenant));
            for (var i = 0; i < 12; i++) Assert.Equal(i, (await (i % 2 == 0 ? second : first).OpenAsync(tenant, $"s{i}", Ct)).GetProperty("password").GetInt32());
        }
    }

    [Fact]
    public async Task OpenAsync_afterNew_credentials_gives_them_in_every_process()
    {
        await using var first = new SourcesRoom(database, Old);
        await using var second = new SourcesRoom(database, Old);
        await first.CreateAsync("rotated", "s", Pair(1), Ct);
        Assert.Equal(1, (await second.OpenAsync("rotated", "s", Ct)).GetProperty("token").GetInt32());
        await first.ReplaceAsync("rotated", "s", Pair(2), Ct);
        Assert.Equal(2, (await second.OpenAsync("rotated", "s", Ct)).GetProperty("token").GetInt32());
    }

    [Fact]
    public async Task RunAsync_keeps_the_key_of_what_does_not_open_and_moves_the_rest()
    {
        await using var room = new SourcesRoom(database, Old);
        await room.CreateAsync("broken", "good", Pair(1), Ct);
        await room.CreateAsync("broken", "bad", Pair(2), Ct);
        await using (var spoil = database.Superuser.CreateCommand("UPDATE data_source_configs SET version = 9 WHERE tenant_id = 'broken' AND source_id = 'bad'")) await spoil.ExecuteNonQueryAsync(Ct);
        Assert.Equal(new DataKeyRotationOutcome(2, Moved: 1, Unreadable: 1, Removed: 0), await room.Get<DataKeyRotation>().RunAsync("broken", Ct));
        await room.ReplaceAsync("broken", "bad", Pair(3), Ct);
        Assert.Equal(new DataKeyRotationOutcome(3, Moved: 2, Unreadable: 0, Removed: 2), await room.Get<DataKeyRotation>().RunAsync("broken", Ct));
        Assert.Equal(1, await CountAsync("broken"));
        Assert.Equal(3, (await room.OpenAsync("broken", "bad", Ct)).GetProperty("token").GetInt32());
    }

    [Fact]
    public async Task OpenAsync_finds_theNewer_key_of_a_tenant_made_anew_under_the_same_number()
    {
        await using var first = new SourcesRoom(database, Old);
        await using var second = new SourcesRoom(database, Old);
        await first.CreateAsync("anew", "s", Pair(1), Ct);
        await second.OpenAsync("anew", "s", Ct);
        await using (var erase = database.Superuser.CreateCommand("DELETE FROM data_source_configs WHERE tenant_id = 'anew'; DELETE FROM tenant_keys WHERE tenant_id = 'anew'")) await erase.ExecuteNonQueryAsync(Ct);
        await first.CreateAsync("anew", "s", Pair(2), Ct);
        Assert.Equal(2, (await second.OpenAsync("anew", "s", Ct)).GetProperty("token").GetInt32());
    }

    [Fact]
    public async Task A_start_without_a_master_key_that_is_still_needed_is_refused_by_name()
    {
        await using var before = new SourcesRoom(database, Old);
        await before.CreateAsync("left behind", "s", Pair(1), Ct);
        await using var after = new SourcesRoom(database, New);
        var fault = Assert.Single(await after.Get<EncryptionSelfTest>().RunAsync(Ct), f => f.MessageKey == "errors.settings.master_key_in_use" && Equals(f.Params!["id"], "old"));
        Assert.True((long)fault.Params!["count"]! >= 1);
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => after.OpenAsync("left behind", "s", Ct));
        Assert.Equal("errors.encryption.master_key_unknown", failure.Failure.MessageKey);
        Assert.True((await after.Get<MasterKeyRotation>().RunAsync(Ct)).Failed >= 1);
        await before.OpenAsync("left behind", "s", Ct);
    }

    [Fact]
    public async Task The_system_role_sees_no_wrapped_key()
    {
        await using var command = database.Sources.System.CreateCommand("SELECT wrapped_key FROM tenant_keys");
        var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => command.ExecuteNonQueryAsync(Ct));
        Assert.Equal(Npgsql.PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    private static string Pair(int number)
        => string.Create(CultureInfo.InvariantCulture, $$"""{"driver":"fake","host":"db","password":{{number}},"token":{{number}}}""");

    private async Task<long> CountAsync(string tenant)
    {
        await using var command = database.Superuser.CreateCommand("SELECT count(*) FROM tenant_keys WHERE tenant_id = $1");
        command.Parameters.AddWithValue(tenant);
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }
}
