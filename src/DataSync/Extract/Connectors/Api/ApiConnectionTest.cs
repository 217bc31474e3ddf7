using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using DataSync.Extract.Connectors.Api.Auth;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Extract.Connectors.Network;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Http.Egress;

namespace DataSync.Extract.Connectors.Api;

/// <summary>Tries a connection step by step: the name, the egress guard, the socket, TLS with its version and peer, the token, and one request.</summary>
internal sealed class ApiConnectionTest(ApiConnection api, string owner, EgressPolicy egress, ApiFloor floor)
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);
    private readonly CheckList _checks = new(floor.Time);

    private Uri Url => api.BaseUrl;

    private string Host => Url.IdnHost.Trim('[', ']');

    private bool IsTls => Url.Scheme == Uri.UriSchemeHttps;

    public async Task<IReadOnlyList<ConnectionCheck>> RunAsync(CancellationToken ct)
    {
        IReadOnlyList<IPAddress> addresses = [];
        Socket? socket = null;
        try
        {
            var reached = await _checks.RunAsync("resolve", async () => { addresses = await egress.ResolveAsync(Host, ct); return null; })
                && await _checks.RunAsync("egress", () => { addresses = egress.Check(Host, Url.Port, addresses); return Nothing; })
                && await _checks.RunAsync("connect", async () => { socket = await ConnectAsync(addresses, ct); return null; })
                && (!IsTls || await _checks.RunAsync("tls", () => HandshakeAsync(socket!, ct)));
            if (reached && (api.Auth is not OAuthAuth oauth || await _checks.RunAsync("authenticate", () => TokenAsync(oauth, ct))))
                await _checks.RunAsync("request", () => RequestAsync(ct));
        }
        finally
        {
            socket?.Dispose();
        }

        string[] steps = ["resolve", "egress", "connect", "tls", "authenticate", "request"];
        return _checks.Complete(steps.Where(s => (s != "tls" || IsTls) && (s != "authenticate" || api.Auth is OAuthAuth)));
    }

    private static Task<IReadOnlyDictionary<string, object?>?> Nothing => Task.FromResult<IReadOnlyDictionary<string, object?>?>(null);

    private async Task<Socket> ConnectAsync(IReadOnlyList<IPAddress> addresses, CancellationToken ct)
    {
        var turns = new DialTurns(addresses.Count, floor.Time);
        for (var i = 0; ; i++)
        {
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(StepTimeout);
            try
            {
                await socket.ConnectAsync(addresses[i], Url.Port, limit.Token);
                return socket;
            }
            catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !ct.IsCancellationRequested))
            {
                socket.Dispose();
                if (turns.IsLast(i)) throw e is SocketException ? ApiErrors.Map(e, Url) : ApiErrors.Timeout(Url, e);
            }
        }
    }

    private async Task<IReadOnlyDictionary<string, object?>?> HandshakeAsync(Socket socket, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(StepTimeout);
        await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
        try
        {
            var asked = EgressTls.Options();
            ApiTls.For(api.Tls, Host).Apply(asked);
            await tls.AuthenticateAsClientAsync(asked, limit.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw ApiErrors.Timeout(Url, e);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException)
        {
            throw new SyncFailureException(SyncFailure.Permanent("errors.connection.tls", ("host", Host), ("port", Url.Port)), e);
        }

        return new Dictionary<string, object?>(StringComparer.Ordinal) { ["tls_version"] = ServerTls.Name(tls.SslProtocol), ["peer"] = tls.RemoteCertificate?.Subject };
    }

    private async Task<IReadOnlyDictionary<string, object?>?> TokenAsync(OAuthAuth oauth, CancellationToken ct)
    {
        await floor.Tokens.GetAsync(owner, oauth, api.Tls, null, ct);
        return null;
    }

    /// <summary>The base URL need not be a resource: any answer but a refusal, a wish for patience or a failure of the server will do.</summary>
    private async Task<IReadOnlyDictionary<string, object?>?> RequestAsync(CancellationToken ct)
    {
        var extraction = ApiExtraction.Read(JsonElement.Parse("""{"path":"","responses":[{"status":[404,405,406,400],"then":"ignore"},{"status":429,"then":"fail"}],"format":"jsonl"}"""), new Dictionary<string, JsonElement>(StringComparer.Ordinal));
        var client = new ApiClient(floor, new SourceConnection("api", default, owner), api, extraction);
        using var page = await client.GetAsync(extraction.FirstUrl(Url), floor.Time.GetUtcNow() + StepTimeout, ct);
        return new Dictionary<string, object?>(StringComparer.Ordinal) { ["status"] = (int)page.Response.StatusCode };
    }
}
