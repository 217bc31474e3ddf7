using DataSync.LocalPostgres.Secrets;

namespace DataSync.Tests.LocalPostgres;

public sealed class SecretFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datasync-secrets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ReadOrCreate_by_many_at_once_gives_all_the_same()
    {
        const int Many = 4;
        for (var round = 0; round < 300; round++)
        {
            var path = Path.Combine(_folder, $"{round}.key");
            using var together = new Barrier(Many);
            var read = new string[Many];
            var threads = Enumerable.Range(0, Many).Select(i => new Thread(() =>
            {
                together.SignalAndWait();
                read[i] = SecretFile.ReadOrCreate(path, SecretFile.NewPassword);
            })).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            Assert.Single(read.Distinct(StringComparer.Ordinal));
            Assert.Equal(File.ReadAllText(path), read[0]);
        }
    }

    [Fact]
    public void ReadOrCreate_leaves_one_file_that_its_owner_alone_can_read()
    {
        var path = Path.Combine(_folder, "a.key");
        SecretFile.ReadOrCreate(path, () => "secret");
        Assert.Equal("secret", SecretFile.ReadOrCreate(path, () => "another"));
        Assert.Equal([path], Directory.EnumerateFiles(_folder));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }
}
