namespace DataSync.IntegrationTests.Host;

/// <summary>What a process says that may not start.</summary>
public sealed class StartTests(RunningSystem system) : IClassFixture<RunningSystem>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_with_faults_in_every_room_names_all_of_them_at_once()
    {
        (string Name, string Value)[] wrong =
        [
            ("SYNC_MAX_CONCURRENT_JOBS_PER_TENANT", "0"), ("SYNC_REALTIME_MAX_MEMORY_MB", "0"), ("DATASYNC_REALTIME_TENANT_SHARE", "101"), ("DATASYNC_REALTIME_MAX_RUNS", "none"), ("SYNC_DEFAULT_TIMEOUT_SECONDS", "soon"), ("SYNC_RETRY_MAX_ATTEMPTS", "0"), ("SYNC_RETRY_MAX_DELAY_SECONDS", "x"),
            ("DATASYNC_EGRESS_ALLOW", "10.0.0.0/99"), ("DATASYNC_SQLITE_ROOTS", "/no/such/folder"), ("DATASYNC_ALLOW_WRITABLE_SOURCES", "perhaps"), ("DATASYNC_ODBC_ANSWER_MB", "x"),
            ("DATASYNC_JWT_DEVELOPMENT_KEY", "short"), ("DATASYNC_MASTER_KEY", "short"), ("DATASYNC_EXPORT_ROOT", " "), ("DATASYNC_METRICS_ALLOW", "everybody"), ("DATASYNC_LOG_LEVEL", "Loud"), ("DATASYNC_REQUEST_COMPRESSION", "some"), ("DATASYNC_STORED_COMPRESSION", "zip"), ("DATASYNC_REDIS", "redis:6379,ssl=perhaps"),
            ("DATASYNC_REGIONS", "eu=nowhere"),
            ("DATASYNC_CONNECTION", system.Database.Options.Connection + ";No Reset On Close=true"), ("DATASYNC_SYSTEM_CONNECTION", ""),
        ];
        var host = system.Start("api", [.. wrong, ("DATASYNC_URLS", "http://127.0.0.1:0")]);
        await host.ExitAsync(Ct).WaitAsync(TimeSpan.FromSeconds(180), Ct);
        Assert.NotEqual(0, host.ExitCode);
        Assert.Empty(wrong.Where(w => !host.Log.Contains(w.Name, StringComparison.Ordinal)).Select(w => w.Name));
        Assert.DoesNotContain("   at ", host.Log, StringComparison.Ordinal);
    }
}
