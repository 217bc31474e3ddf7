using System.Buffers;
using System.Text.Json;
using DataSync.Extract.Push;
using DataSync.Extract.Push.Signatures;
using DataSync.Pipeline.Push;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Extract.Push;

/// <summary>What judging a request costs, counted in how often its body is hashed: a clock would tell the load of the machine.</summary>
public class SignedDoorTests
{
    private static readonly WebhookConnector Connector = new(
        [.. typeof(ISignatureScheme).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(ISignatureScheme))).Select(t => (ISignatureScheme)Activator.CreateInstance(t)!)],
        new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_614_265_330)));

    public static TheoryData<string> Sources =>
    [
        """{"scheme":"github","secrets":["a secret of the source's"]}""",
        """{"scheme":"github","secrets":["a secret of the source's","and the next one of them"]}""",
        """{"scheme":"shopify","secrets":["a secret of the source's"]}""",
        """{"scheme":"slack","secrets":["a secret of the source's"]}""",
        """{"scheme":"stripe","secrets":["a secret of the source's"]}""",
        """{"scheme":"standard-webhooks","secrets":["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}""",
        """{"scheme":"hmac-sha256","secrets":["a secret of the source's"],"header":"X-Signature"}""",
    ];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Judge_hashes_what_it_refuses_under_two_keys_whether_anybody_has_the_door_or_not(string parameters)
    {
        var door = Connector.Open(JsonElement.Parse(parameters));
        Assert.NotNull(door);
        Dictionary<string, string>[] requests =
        [
            [],
            new() { ["X-Hub-Signature-256"] = "sha256=" + new string('0', 64), ["X-Signature"] = new string('0', 64) },
            new() { ["Stripe-Signature"] = "t=1614265330,v1=" + new string('0', 64), ["X-Slack-Signature"] = "v0=" + new string('0', 64), ["X-Slack-Request-Timestamp"] = "1614265330" },
            new() { ["webhook-id"] = "1", ["webhook-timestamp"] = "1614265330", ["webhook-signature"] = "v1," + Convert.ToBase64String(new byte[32]) },
        ];
        foreach (var headers in requests)
        {
            Assert.Equal((2, false), ReadsOf(door, headers));
            Assert.Equal((2, false), ReadsOf(Connector.Closed, headers));
        }
    }

    private static (int Spans, bool IsAccepted) ReadsOf(PushDoor door, Dictionary<string, string> headers)
    {
        using var body = new CountedBody();
        var verdict = door(new PushRequest(name => headers.GetValueOrDefault(name), body.Body));
        return (body.Spans, verdict.IsAccepted);
    }

    /// <summary>A body that counts how often somebody looks at it.</summary>
    private sealed class CountedBody : MemoryManager<byte>
    {
        private readonly byte[] _bytes = new byte[1024];

        public int Spans { get; private set; }

        /// <summary>Made without a look at it, unlike <see cref="MemoryManager{T}.Memory"/>.</summary>
        public ReadOnlyMemory<byte> Body => CreateMemory(_bytes.Length);

        public override Span<byte> GetSpan()
        {
            Spans++;
            return _bytes;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin() { }

        protected override void Dispose(bool disposing) { }
    }
}
