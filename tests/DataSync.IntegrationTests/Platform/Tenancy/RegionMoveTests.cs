using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Audit.Requests;
using DataSync.Platform.Tenancy;
using DataSync.Platform.Tenancy.Regions;

namespace DataSync.IntegrationTests.Platform.Tenancy;

/// <summary>Who moves a tenant and who changes anything of it take turns.</summary>
public sealed class RegionMoveTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly RegionOptions Eu = new("eu", "eu", new Dictionary<string, Uri> { ["eu"] = new("https://eu.example"), ["us"] = new("https://us.example") });

    private readonly TenantDatabase _tenants = TestJobs.TenantsOf(database.Sources, Eu);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Change_that_is_made_during_a_move_waits_and_is_not_made()
    {
        await using var mover = await _tenants.BeginAsync("racing", Ct);
        await using var maker = await _tenants.BeginAsync("racing", Ct);
        await using (var make = maker.Command("INSERT INTO retention (tenant_id, kind, days, updated_by) VALUES ('racing', 'records', 1, '')")) await make.ExecuteNonQueryAsync(Ct);
        Assert.Null(await RegionMove.BeginAsync(mover, Ct));
        var making = maker.CommitChangeAsync(Ct);
        await Task.Delay(200, Ct);
        Assert.False(making.IsCompleted);
        await new RegionMove(Eu).LeaveAsync(mover, Ct);
        await using (var set = mover.Command("INSERT INTO tenant_settings (tenant_id, version, region) VALUES ('racing', 1, 'us')")) await set.ExecuteNonQueryAsync(Ct);
        await mover.CommitAsync(Ct);
        Assert.Equal(RegionFailure.Elsewhere, (await Assert.ThrowsAsync<SyncFailureException>(() => making)).Failure.MessageKey);
    }

    [Fact]
    public async Task Change_that_locks_what_a_move_does_waits_before_it_locks_anything()
    {
        await using var mover = await _tenants.BeginAsync("crossing", Ct);
        Assert.Null(await RegionMove.BeginAsync(mover, Ct));
        var making = _tenants.ChangeAsync(
            "crossing",
            async maker =>
            {
                await using var make = maker.Command("INSERT INTO tenant_settings (tenant_id, version, language) VALUES ('crossing', 1, 'zh-CN') ON CONFLICT (tenant_id) DO UPDATE SET language = 'zh-CN'");
                return await make.ExecuteNonQueryAsync(Ct);
            },
            static _ => true, Ct);
        await Task.Delay(200, Ct);
        await using (var set = mover.Command("INSERT INTO tenant_settings (tenant_id, version, region) VALUES ('crossing', 1, 'us')")) await set.ExecuteNonQueryAsync(Ct);
        await mover.CommitAsync(Ct);
        Assert.Equal(RegionFailure.Elsewhere, (await Assert.ThrowsAsync<SyncFailureException>(() => making)).Failure.MessageKey);
    }

    [Fact]
    public async Task Upkeep_of_what_lies_here_is_done_wherever_the_tenant_is()
    {
        await using (var move = database.Superuser.CreateCommand("INSERT INTO tenant_settings (tenant_id, version, region) VALUES ('left-here', 1, 'us'); INSERT INTO retention (tenant_id, kind, days, updated_by) VALUES ('left-here', 'records', 1, '')")) await move.ExecuteNonQueryAsync(Ct);
        Assert.Equal(1, await _tenants.ChangeAsync("left-here", DoubleAsync, static _ => true, Ct, isOfWhatLiesHere: true));
        await Assert.ThrowsAsync<SyncFailureException>(() => _tenants.ChangeAsync("left-here", DoubleAsync, static _ => true, Ct));

        static async Task<int> DoubleAsync(TenantTransaction transaction)
        {
            await using var change = transaction.Command("UPDATE retention SET days = 2 * days");
            return await change.ExecuteNonQueryAsync(Ct);
        }
    }

    [Fact]
    public async Task Move_waits_for_a_source_that_is_being_made_and_is_refused_for_it()
    {
        var move = new RegionMove(Eu);
        await using var maker = await _tenants.BeginChangeAsync("made", Ct);
        await using (var make = maker.Command("INSERT INTO data_source_configs (tenant_id, id, source_id, source_name, source_type, connection_params, extraction_params, sync, is_active, created_at, updated_at, created_by, version) VALUES ('made', gen_random_uuid(), 's', 's', 'database', '{}', '{}', '{}', true, now(), now(), '', 1)")) await make.ExecuteNonQueryAsync(Ct);
        await using var mover = await _tenants.BeginAsync("made", Ct);
        var moving = RegionMove.BeginAsync(mover, Ct);
        await Task.Delay(200, Ct);
        Assert.False(moving.IsCompleted);
        await maker.CommitAsync(Ct);
        await moving;
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => move.LeaveAsync(mover, Ct));
        Assert.Equal(("errors.region.in_use", "data_source_configs"), (refused.Failure.MessageKey, refused.Failure.Params!["held"]));
    }

    [Fact]
    public async Task Another_tenants_rows_hold_nobody()
    {
        await using (var make = database.Superuser.CreateCommand("INSERT INTO retention (tenant_id, kind, days, updated_by) VALUES ('neighbour', 'records', 1, '')")) await make.ExecuteNonQueryAsync(Ct);
        await using var mover = await _tenants.BeginAsync("free", Ct);
        await new RegionMove(Eu).LeaveAsync(mover, Ct);
        await using var held = await _tenants.BeginAsync("neighbour", Ct);
        await Assert.ThrowsAsync<SyncFailureException>(() => new RegionMove(Eu).LeaveAsync(held, Ct));
    }

    [Fact]
    public async Task Files_alone_hold_a_tenant_too()
    {
        await using var mover = await _tenants.BeginAsync("files", Ct);
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => new RegionMove(Eu, (tenant, _) => Task.FromResult(tenant == "files")).LeaveAsync(mover, Ct));
        Assert.Equal("exports", refused.Failure.Params!["held"]);
    }
}
