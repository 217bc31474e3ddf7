using System.Net;
using DataSync.Export;
using DataSync.Export.Storage;
using DataSync.Export.Storage.S3;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.Tests.Export.Storage;

/// <summary>Uploads in parts that come to nothing leave nothing open: parts of an upload that is never ended are paid for and never seen.</summary>
public sealed class S3UploadTests : IAsyncLifetime
{
    private readonly string _staging = Directory.CreateTempSubdirectory("datasync-s3-upload-").FullName;
    private readonly ExportLocation _location = new("t", Guid.CreateVersion7());
    private CountingS3 _server = null!;
    private S3ExportStorage _storage = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await CountingS3.StartAsync(Ct);
        var egress = new EgressPolicy(Options.Create(new EgressOptions { Allow = "127.0.0.0/8" }), static async (host, ct) => await Dns.GetHostAddressesAsync(host, ct));
        var options = _server.Options();
        _storage = new S3ExportStorage(S3Client.Create(options, egress), options, Options.Create(new ExportOptions { Root = _staging }));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_staging, recursive: true);
    }

    [Fact]
    public async Task File_that_goes_up_whole_is_completed_and_leaves_nothing_open()
    {
        await PublishAsync("data.bin", Ct);
        Assert.Equal([_location.KeyOf("data.bin")], _server.Objects);
        Assert.Equal((1, 0), (_server.Begun, _server.Open.Count));
    }

    [Theory]
    [InlineData("PUT", "2", HttpStatusCode.Forbidden, true)]
    [InlineData("PUT", "3", HttpStatusCode.InternalServerError, false)]
    [InlineData("POST", null, HttpStatusCode.BadRequest, true)]
    public async Task Upload_that_fails_at_a_part_or_its_end_is_given_up_and_nothing_is_seen(string method, string? part, HttpStatusCode status, bool isPermanent)
    {
        _server.Spoils = (asked, _, query) => asked == method && query.ContainsKey("uploadId") && (string?)query["partNumber"] == part ? status : null;
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => PublishAsync("data.bin", Ct));
        Assert.Equal(isPermanent ? FailureKind.Permanent : FailureKind.Transient, failure.Failure.Kind);
        Assert.Equal(1, _server.Begun);
        Assert.Empty(_server.Open);
        Assert.Empty(_server.Objects);
    }

    [Fact]
    public async Task Upload_that_is_called_off_is_given_up()
    {
        using var called = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        _server.Spoils = (_, _, query) =>
        {
            if (query["partNumber"] == "2") called.Cancel();
            return null;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PublishAsync("data.bin", called.Token));
        Assert.Equal((1, 0), (_server.Begun, _server.Open.Count));
        Assert.Empty(_server.Objects);
    }

    [Fact]
    public async Task What_could_not_be_given_up_the_next_attempt_gives_up_and_only_of_its_own_job()
    {
        _server.Spoils = (method, _, query) => (method == "PUT" && query["partNumber"] == "2") || (method == "DELETE" && query.ContainsKey("uploadId")) ? HttpStatusCode.Forbidden : null;
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => PublishAsync("data.bin", Ct));
        Assert.Equal("errors.export.storage_refused", failure.Failure.MessageKey);
        Assert.Single(_server.Open);
        _server.Spoils = static (_, _, _) => null;
        var another = new ExportLocation("t", Guid.CreateVersion7()).KeyOf("data.bin");
        _server.Leave(another);
        _server.Leave(_location.KeyOf("data.csv")); // by a process that died
        await PublishAsync("data.bin", Ct);
        Assert.Equal([another], _server.Open.Values);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Export_that_is_discarded_or_deleted_leaves_nothing_open(bool discarded)
    {
        _server.Leave(_location.KeyOf("data.bin"));
        if (discarded) await _storage.DiscardAsync(_location, 1, new HashSet<string>(StringComparer.Ordinal), Ct);
        else await _storage.DeleteAsync(_location, Ct);
        Assert.Empty(_server.Open);
    }

    [Fact]
    public async Task Service_that_cannot_list_uploads_is_no_hindrance()
    {
        _server.Spoils = static (method, _, query) => method == "GET" && query.ContainsKey("uploads") ? HttpStatusCode.NotImplemented : null;
        await PublishAsync("data.bin", Ct);
        Assert.Single(_server.Objects);
    }

    /// <summary>Publishes a file of four parts.</summary>
    private async Task PublishAsync(string name, CancellationToken ct)
    {
        var folder = await _storage.PrepareAsync(_location, 1, ct);
        var path = Path.Combine(folder, StagedFile.TemporaryName(name, 1, "bin0"));
        await File.WriteAllBytesAsync(path, new byte[200 * 1024], ct);
        await _storage.PublishAsync(_location, path, name, ct);
    }
}
