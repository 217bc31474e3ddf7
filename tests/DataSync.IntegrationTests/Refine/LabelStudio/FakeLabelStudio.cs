using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>
/// A Label Studio in this process, over real HTTP, that remembers what it is sent: Community or Enterprise, both ways of logging in, tasks in another order than they
/// came, and the faults that servers have. What it answers has the shape that real servers have, also where their own description says otherwise.
/// </summary>
internal sealed class FakeLabelStudio : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _ends = new();

    private FakeLabelStudio(WebApplication app, bool enterprise) => (_app, Work) = (app, new FakeProjects(enterprise));

    public Uri Url => new(_app.Urls.Single());

    /// <summary>Projects and their tasks. Another's may take their place, as if it were another server.</summary>
    public FakeProjects Work { get; set; }

    public FakeLogins Logins { get; } = new();

    /// <summary>What was asked, in order: method, path and query.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Asked for each request that is let in; what it names happens to the request.</summary>
    public Func<string, FakeFault?> Fault { get; set; } = static _ => null;

    /// <summary>Asked for each request that is let in: it is torn, and done all the same once what is named here has ended.</summary>
    public Func<string, TaskCompletionSource?> Late { get; set; } = static _ => null;

    /// <summary>No request gets an answer before this has ended.</summary>
    public Task Open { get; set; } = Task.CompletedTask;

    /// <summary>Answers have every member that the public description calls required, where a real server leaves it out.</summary>
    public bool FillsRequired { get; set; }

    public static async Task<FakeLabelStudio> StartAsync(bool enterprise = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var fake = new FakeLabelStudio(app, enterprise);
        app.Run(fake.AnswerAsync);
        await app.StartAsync();
        return fake;
    }

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _ends.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var asked = $"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}";
        Asked.Enqueue(asked);
        await Open.WaitAsync(http.RequestAborted);
        if (http.Request.Path.Value is { } path && !path.EndsWith('/') && !path.EndsWith("/import", StringComparison.Ordinal) && !path.EndsWith("/whoami", StringComparison.Ordinal))
        {
            http.Response.Redirect(path + "/", permanent: true);
            return;
        }

        var fault = Fault(asked);
        if (fault is { Before: true })
        {
            await fault.HappenAsync(http, _ends.Token);
            return;
        }

        var body = await JsonNode.ParseAsync(http.Request.ContentLength is > 0 || http.Request.Headers.ContainsKey("Transfer-Encoding") ? http.Request.Body : new MemoryStream("null"u8.ToArray()), cancellationToken: http.RequestAborted);
        if (Late(asked) is { } moment)
        {
            var request = new DefaultHttpContext { Request = { Method = http.Request.Method, Path = http.Request.Path, QueryString = http.Request.QueryString } }.Request;
            _ = moment.Task.ContinueWith(_ => Work.Answer(request, body, FillsRequired), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            http.Abort();
            return;
        }

        var answer = http.Request.Path == "/api/token/refresh/" ? Logins.Refresh(body)
            : http.Request.Path == "/api/version/" ? FakeAnswer.Of(200, FakeShapes.Version(Work.IsEnterprise))
            : Logins.Refusal(http.Request.Headers.Authorization.ToString()) ?? Work.Answer(http.Request, body, FillsRequired);
        if (fault is not null)
        {
            await fault.HappenAsync(http, _ends.Token);
            return;
        }

        http.Response.StatusCode = answer.Status;
        if (answer.Json is null) return;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer.Json.ToJsonString(), http.RequestAborted);
    }
}

/// <summary>An answer of the fake.</summary>
internal sealed record FakeAnswer(int Status, JsonNode? Json)
{
    public static FakeAnswer Of(int status, JsonNode? json) => new(status, json);

    /// <summary>An error as Django's framework words it, here with a trace of the stack that quotes data.</summary>
    public static FakeAnswer Error(int status, string detail, string? trace = null) => new(status, new JsonObject
    {
        ["id"] = Guid.NewGuid().ToString(),
        ["status_code"] = status,
        ["version"] = "1.20.0",
        ["detail"] = detail,
        ["exc_info"] = trace,
        ["validation_errors"] = new JsonObject(),
    });
}

/// <summary>What may happen to a request.</summary>
/// <param name="Before">It happens before the server does anything; else after it did all of it.</param>
/// <param name="HappenAsync">What happens.</param>
internal sealed record FakeFault(bool Before, Func<HttpContext, CancellationToken, Task> HappenAsync)
{
    /// <summary>An answer with this status, and perhaps a wish for a wait.</summary>
    public static FakeFault Status(int status, string? retryAfter = null, bool before = true) => new(before, async (http, _) =>
    {
        if (retryAfter is not null) http.Response.Headers.RetryAfter = retryAfter;
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(FakeAnswer.Error(status, "broken", "Traceback: ROW CANARY-TRACE").Json!.ToJsonString(), CancellationToken.None);
    });

    /// <summary>The same with a text for a body, as the description has some.</summary>
    public static FakeFault Text(int status) => new(true, async (http, _) =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync("\"broken: CANARY-TRACE\"", CancellationToken.None);
    });

    /// <summary>No answer, ever.</summary>
    public static FakeFault Silence(bool before) => new(before, static async (http, end) =>
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end, http.RequestAborted);
        await Task.Delay(Timeout.Infinite, either.Token).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        http.Abort();
    });

    /// <summary>The connection is torn.</summary>
    public static FakeFault Reset(bool before) => new(before, static (http, _) =>
    {
        http.Abort();
        return Task.CompletedTask;
    });

    /// <summary>An answer that is cut off in the middle.</summary>
    public static FakeFault Cut { get; } = new(false, static (http, _) =>
    {
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync("{\"task_count\": 1, \"task_i", CancellationToken.None);
    });
}
