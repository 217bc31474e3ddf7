using System.Globalization;
using System.Text;
using DataSync.Extract.Connectors.Api;
using DataSync.Pipeline.Connectors;
using Microsoft.AspNetCore.Http;

namespace DataSync.IntegrationTests.Extract.Api;

public sealed class ApiConnectorContractTests : SourceContract, IAsyncLifetime
{
    private const int PageSize = 1000;
    private readonly ApiConnector _connector = ApiSource.Connector(api: o => o.ResponseTimeoutSeconds = 60);
    private ApiServer _server = null!;

    internal override IConnector Connector => _connector;

    internal override SourceConnection Connection => ApiSource.Connection(_server.Url);

    internal override ReadRequest Numbers => ApiSource.Request("""{"path":"/numbers","records_path":"items","pagination":{"type":"offset"}}""");

    internal override ReadRequest Slow => ApiSource.Request("""{"path":"/slow"}""");

    internal override ReadRequest Huge => ApiSource.Request("""{"path":"/huge"}""");

    public async ValueTask InitializeAsync() => _server = await ApiServer.StartAsync(AnswerAsync);

    public async ValueTask DisposeAsync()
    {
        _connector.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Test_of_a_good_connection_passes_every_check()
    {
        var checks = await Connector.TestAsync(Connection, Ct);
        Assert.All(checks, c => Assert.True(c.Passed, $"{c.Name}: {c.MessageKey}"));
        Assert.Equal(["resolve", "egress", "connect", "request"], checks.Select(c => c.Name));
    }

    [Fact]
    public async Task Test_names_the_step_that_fails_and_leaves_out_what_needs_it()
    {
        var checks = await Connector.TestAsync(ApiSource.Connection(new Uri("https://127.0.0.1:" + _server.Url.Port)), Ct);
        Assert.Equal([("resolve", true), ("egress", true), ("connect", true), ("tls", false), ("request", null)], checks.Select(c => (c.Name, c.Passed)));
        Assert.Equal(("errors.connection.tls", "hints.connection.tls"), (checks[3].MessageKey, checks[3].HintKey));
    }

    [Fact]
    public async Task Test_of_refused_credentials_says_so()
    {
        var checks = await Connector.TestAsync(ApiSource.Connection(new Uri(_server.Url, "/secret")), Ct);
        Assert.Equal(("request", false, "errors.api.authentication", "hints.api.authentication"), (checks[^1].Name, checks[^1].Passed!.Value, checks[^1].MessageKey, checks[^1].HintKey));
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/numbers":
                var offset = int.Parse(context.Request.Query["offset"].ToString(), CultureInfo.InvariantCulture);
                var ids = Enumerable.Range(offset + 1, Math.Max(0, Math.Min(PageSize, Rows - offset)));
                await ApiServer.WriteAsync(context, $$"""{"items":[{{string.Join(',', ids.Select(i => $"{{\"id\":{i},\"name\":\"name {i}\"}}"))}}]}""");
                break;
            case "/slow":
                await Task.Delay(TimeSpan.FromMinutes(1), context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                break;
            case "/huge":
                context.Response.ContentType = "application/x-ndjson";
                var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"{{\"i\":1,\"filler\":\"{new string('0', 100)}\"}}\n", 1000)));
                for (var i = 0; i < 2000; i++) await context.Response.Body.WriteAsync(lines, context.RequestAborted);
                break;
            case "/secret":
                context.Response.StatusCode = 403;
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }
}
