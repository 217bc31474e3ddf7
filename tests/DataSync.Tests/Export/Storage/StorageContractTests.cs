using DataSync.Export;
using DataSync.Export.Storage;
using DataSync.Export.Storage.S3;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;
using Microsoft.Extensions.Options;

namespace DataSync.Tests.Export.Storage;

public sealed class DiskStorageContractTests : ExportStorageContract, IDisposable
{
    private readonly ExportRig _rig = new();

    public void Dispose() => _rig.Dispose();

    internal override Task<IExportStorage> StorageAsync() => Task.FromResult<IExportStorage>(_rig.Storage);
}

/// <summary>The same against a server that speaks S3; and what only a bucket has.</summary>
public sealed class S3StorageContractTests(S3Server server) : ExportStorageContract, IClassFixture<S3Server>, IDisposable
{
    private readonly string _staging = Directory.CreateTempSubdirectory("datasync-s3-").FullName;

    public void Dispose() => Directory.Delete(_staging, recursive: true);

    internal override Task<IExportStorage> StorageAsync() => Task.FromResult<IExportStorage>(New(server.Options()));

    [Fact]
    public async Task Large_file_goes_up_in_parts()
    {
        var options = server.Options();
        options.PartBytes = 5 * 1024 * 1024;
        var storage = New(options);
        var location = new ExportLocation("parts", Guid.CreateVersion7());
        var folder = await storage.PrepareAsync(location, 1, TestContext.Current.CancellationToken);
        var path = Path.Combine(folder, StagedFile.TemporaryName("data.bin", 1, "bin0"));
        var bytes = new byte[(11 * 1024 * 1024) + 7];
        new Random(7).NextBytes(bytes);
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        await storage.PublishAsync(location, path, "data.bin", TestContext.Current.CancellationToken);
        await using var stream = await storage.OpenAsync(location, "data.bin", TestContext.Current.CancellationToken);
        var read = new byte[bytes.Length];
        await stream!.ReadExactlyAsync(read, TestContext.Current.CancellationToken);
        Assert.Equal(bytes, read);
    }

    [Fact]
    public async Task Bucket_that_is_not_there_is_permanent_and_a_server_that_is_gone_transient()
    {
        var (absent, gone) = (server.Options(), server.Options());
        absent.Bucket = "nobody";
        gone.Endpoint = "http://127.0.0.1:9";
        await ExpectAsync(absent, FailureKind.Permanent, "errors.export.storage_refused");
        await ExpectAsync(gone, FailureKind.Transient, "errors.export.storage_failed");
    }

    [Fact]
    public async Task Bucket_inside_that_the_operator_did_not_allow_is_never_dialled()
    {
        var storage = New(server.Options(), allow: "");
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => storage.PrepareAsync(new ExportLocation("t", Guid.CreateVersion7()), 1, TestContext.Current.CancellationToken));
        Assert.Equal((FailureKind.Permanent, "errors.export.storage_refused"), (failure.Failure.Kind, failure.Failure.MessageKey));
    }

    private async Task ExpectAsync(S3Options options, FailureKind kind, string key)
    {
        var failure = await Assert.ThrowsAsync<SyncFailureException>(() => New(options).PrepareAsync(new ExportLocation("t", Guid.CreateVersion7()), 1, TestContext.Current.CancellationToken));
        Assert.Equal((kind, key), (failure.Failure.Kind, failure.Failure.MessageKey));
        Assert.DoesNotContain(options.SecretKey, failure.Message, StringComparison.Ordinal);
    }

    private S3ExportStorage New(S3Options options, string allow = "127.0.0.0/8")
    {
        var egress = new EgressPolicy(Options.Create(new EgressOptions { Allow = allow }), static async (host, ct) => await System.Net.Dns.GetHostAddressesAsync(host, ct));
        return new S3ExportStorage(S3Client.Create(options, egress), options, Options.Create(new ExportOptions { Root = _staging }));
    }
}
