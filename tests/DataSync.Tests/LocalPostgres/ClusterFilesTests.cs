using DataSync.LocalPostgres;
using DataSync.LocalPostgres.Cluster;
using DataSync.LocalPostgres.Docker;

namespace DataSync.Tests.LocalPostgres;

public sealed class ClusterFilesTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("datasync-cluster-");

    [Fact]
    public void FindAll_puts_the_newest_installation_first_and_skips_those_without_a_server()
    {
        Install("9", "initdb", "pg_ctl", "postgres");
        Install("16", "initdb", "pg_ctl", "postgres");
        Install("17", "psql");
        Install("on-path", "initdb", "pg_ctl", "postgres");
        var found = Binaries.FindAll([_folder.FullName], Path.Combine(_folder.FullName, "on-path", "bin"));
        Assert.Equal([16, 9, 0, 0], found.Select(binaries => binaries.Version));
    }

    [Fact]
    public void RunningPort_trusts_no_process_that_merely_has_the_old_id()
    {
        WritePid(Environment.ProcessId);
        Assert.Null(new Postmaster(_folder.FullName).RunningPort());
    }

    [Fact]
    public void RemoveStaleFile_removes_the_file_of_a_server_that_is_gone()
    {
        var file = WritePid(Environment.ProcessId);
        new Postmaster(_folder.FullName).RemoveStaleFile();
        Assert.False(File.Exists(file));
    }

    [Fact]
    public void RunningPort_without_a_file_is_none() => Assert.Null(new Postmaster(Path.Combine(_folder.FullName, "none")).RunningPort());

    [Fact]
    public void OutsidePath_differs_by_checkout_and_by_cluster()
        => Assert.Equal(3, new[] { "/a/.datasync/postgres", "/b/.datasync/postgres", "/a/.datasync/test-postgres" }.Select(ClusterHome.OutsidePath).Distinct().Count());

    [Fact]
    public void RunCommand_publishes_on_loopback_alone_and_shows_no_password()
    {
        var command = new DockerServer(new LocalPostgresOptions { Folder = _folder.FullName }, _folder.FullName).RunCommand();
        Assert.Equal("127.0.0.1::5432", command[command.IndexOf("--publish") + 1]);
        Assert.DoesNotContain(command, argument => argument.StartsWith("POSTGRES_PASSWORD=", StringComparison.Ordinal));
        Assert.Contains("POSTGRES_PASSWORD", command);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    void Install(string name, params string[] programs)
    {
        var bin = Directory.CreateDirectory(Path.Combine(_folder.FullName, name, "bin"));
        foreach (var program in programs) File.WriteAllText(Path.Combine(bin.FullName, program), "");
    }

    string WritePid(int pid)
    {
        var file = Path.Combine(_folder.FullName, "postmaster.pid");
        File.WriteAllText(file, $"{pid}\n{_folder.FullName}\n1700000000\n5432\n\n127.0.0.1\n");
        return file;
    }
}

static class ListSearch
{
    public static int IndexOf(this IReadOnlyList<string> list, string value) => list.ToList().IndexOf(value);
}
