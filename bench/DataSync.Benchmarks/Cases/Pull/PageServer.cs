using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DataSync.Benchmarks.Cases.Pull;

/// <summary>An API that answers every page after the same short time: pages made beforehand, each naming the next.</summary>
internal sealed class PageServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PageServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Starts it at a free port of the loopback.</summary>
    /// <param name="pages">Pages there are.</param>
    /// <param name="recordsPerPage">Records of each.</param>
    /// <param name="latency">From a request to its answer.</param>
    /// <param name="ct">Ends starting.</param>
    public static async Task<PageServer> StartAsync(int pages, int recordsPerPage, TimeSpan latency, CancellationToken ct)
    {
        var made = Enumerable.Range(1, pages).Select(p => Page(p, pages, recordsPerPage)).ToArray();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/orders", async context =>
        {
            var page = int.TryParse(context.Request.Query["page"], CultureInfo.InvariantCulture, out var asked) ? asked : 1;
            await Task.Delay(latency, context.RequestAborted);
            (context.Response.ContentType, context.Response.ContentLength) = ("application/json", made[page - 1].Length);
            await context.Response.Body.WriteAsync(made[page - 1], context.RequestAborted);
        });
        await app.StartAsync(ct);
        return new PageServer(app);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    /// <summary>One line, so that pages are counted as lines are.</summary>
    private static byte[] Page(int page, int pages, int records)
    {
        var json = new StringBuilder("{\"data\":[");
        for (var i = 0; i < records; i++)
        {
            var id = (((page - 1L) * records) + i + 1).ToString(CultureInfo.InvariantCulture);
            json.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""
                {"id":{{id}},"order_uuid":"6b3f0c1e-5f7a-4d2b-a9c4-{{id.PadLeft(12, '0')}}","customer":"Jürgen Groß #{{id}}","email":"buyer.{{id}}@shop7.example","amount":1234.50,"quantity":7,"active":true,"created":"2025-03-01T00:00:00Z","attributes":{"channel":"web","labels":["k1","m2"],"delivery":{"city":"大阪","code":"00042","express":false},"weightings":77.6154},"note":"Asked for \"gift wrap\", twice; see ticket {{id}}","weight":1017.3977}
                """);
        }

        return Encoding.UTF8.GetBytes(json.Append("],\"next\":").Append(page < pages ? (page + 1).ToString(CultureInfo.InvariantCulture) : "null").Append("}\n").ToString());
    }
}
