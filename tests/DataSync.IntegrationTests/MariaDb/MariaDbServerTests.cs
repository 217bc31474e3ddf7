namespace DataSync.IntegrationTests.MariaDb;

public class MariaDbServerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Execute_answers_rows_in_utf8()
    {
        var server = await MariaDbServer.GetAsync(Ct);
        var database = await server.CreateDatabaseAsync("fixture", Ct);
        await server.ExecuteAsync("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'é漢😀'), (2, NULL)", Ct, database);
        Assert.Equal("1\té漢😀\n2\tNULL\n", await server.ExecuteAsync("SELECT * FROM t ORDER BY a", Ct, database));
    }

    [Fact]
    public async Task Dispose_leaves_neither_process_nor_folder()
    {
        var server = await MariaDbServer.StartAsync(["--max-connections=17"], Ct);
        var said = (await server.ExecuteAsync("SELECT @@max_connections, @@datadir, @@pid_file", Ct)).Split('\t');
        Assert.Equal("17", said[0]);
        Assert.True(Directory.Exists(said[1]));
        await server.DisposeAsync();
        Assert.False(Directory.Exists(said[1]));
        Assert.Throws<System.Net.Sockets.SocketException>(() => new System.Net.Sockets.TcpClient(MariaDbServer.Host, server.Port));
    }
}
