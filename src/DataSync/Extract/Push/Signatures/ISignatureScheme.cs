using System.Text.Json;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Push;

namespace DataSync.Extract.Push.Signatures;

/// <summary>
/// A way in which providers sign what they send (extension point: one folder below Extract/Push/Schemes each, found by <see cref="Name"/>). A scheme says where everything stands
/// in a request; computing and comparing is <see cref="SignedDoor"/>'s alone, so that no scheme can do it carelessly.
/// </summary>
internal interface ISignatureScheme
{
    /// <summary>The value of <c>connection_params.scheme</c>.</summary>
    string Name { get; }

    /// <summary>Members of <c>connection_params</c> that only this scheme has.</summary>
    IReadOnlySet<string> Members => System.Collections.Frozen.FrozenSet<string>.Empty;

    /// <summary>Names everything wrong with them.</summary>
    IEnumerable<Fault> Validate(JsonElement connectionParams) => [];

    /// <summary>Whether a request carries the time at which it was signed: then an old one is refused.</summary>
    bool IsTimed(JsonElement connectionParams);

    /// <summary>The key that a secret stands for; null where the text is no secret of this scheme.</summary>
    byte[]? KeyOf(string secret, JsonElement connectionParams);

    /// <summary>Makes the reader of what a request claims. Parameters are sound.</summary>
    ReadClaim Reader(JsonElement connectionParams);

    /// <summary>What to answer a request, once it is let in, that only asks whether somebody is here; null for a delivery.</summary>
    ReadOnlyMemory<byte>? ReplyTo(ReadOnlyMemory<byte> body) => null;
}

/// <summary>Reads what a request claims of itself. What is missing or malformed is not there; never throws.</summary>
internal delegate SignatureClaim ReadClaim(PushRequest request);
