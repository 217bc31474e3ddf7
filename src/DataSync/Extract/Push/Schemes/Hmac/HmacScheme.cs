using System.Buffers;
using System.Text;
using System.Text.Json;
using DataSync.Extract.Push.Signatures;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Push;

namespace DataSync.Extract.Push.Schemes.Hmac;

/// <summary>HMAC-SHA256 as the source describes it: header, encoding, what is signed, and where time and id stand.</summary>
internal sealed class HmacScheme : ISignatureScheme
{
    /// <summary>What may stand between the entries of a header.</summary>
    private const string Between = ",; ";

    /// <summary>A key that whoever guesses may not come upon.</summary>
    private const int ShortestKey = 8;

    public string Name => "hmac-sha256";

    public IReadOnlySet<string> Members => HmacParameters.Members;

    public IEnumerable<Fault> Validate(JsonElement connectionParams) => HmacParameters.Validate(connectionParams);

    public bool IsTimed(JsonElement connectionParams) => HmacParameters.IsTimed(connectionParams);

    public byte[]? KeyOf(string secret, JsonElement connectionParams)
    {
        try
        {
            var key = HmacParameters.SecretEncodingOf(connectionParams) switch
            {
                "hex" => Convert.FromHexString(secret),
                "base64" => Convert.FromBase64String(secret),
                _ => Encoding.UTF8.GetBytes(secret),
            };
            return key.Length < ShortestKey ? null : key;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public ReadClaim Reader(JsonElement connectionParams)
    {
        var parameters = HmacParameters.Read(connectionParams);
        var (signatures, times) = (Separators(parameters.Prefix), Separators(parameters.TimestampPrefix ?? ""));
        return request => Read(parameters, signatures, times, request);
    }

    /// <summary>What stands between entries, where it is not part of what they begin with.</summary>
    private static SearchValues<char> Separators(string prefix) => SearchValues.Create([.. Between.Where(c => !prefix.Contains(c, StringComparison.Ordinal))]);

    private static SignatureClaim Read(HmacParameters parameters, SearchValues<char> signatures, SearchValues<char> times, PushRequest request)
    {
        var (id, time) = (parameters.IdHeader is { } idHeader ? SignatureText.Id(request.Header(idHeader)) : null, parameters.TimestampHeader is { } timeHeader ? request.Header(timeHeader) : null);
        if (parameters.TimestampPrefix is { } prefix) time = SignatureText.Only(time, times, prefix);
        if (parameters.Template.HasId && (id is null || !parameters.Template.Delimits(id))) return SignatureClaim.None;
        return new SignatureClaim
        {
            Signatures = SignatureText.List(request.Header(parameters.Header), signatures, parameters.Prefix, text => parameters.Encoding switch
            {
                "base64" => SignatureText.Base64(text),
                "base64url" => SignatureText.Base64Url(text),
                _ => SignatureText.Hex(text),
            }),
            Prefix = SignatureText.Bytes(parameters.Template.Before(time ?? "", id ?? "")),
            Suffix = SignatureText.Bytes(parameters.Template.After(time ?? "", id ?? "")),
            SignedAt = parameters.TimestampFormat switch
            {
                "unix_ms" => SignatureText.Unix(time, milliseconds: true),
                "rfc3339" => SignatureText.Rfc3339(time),
                _ => SignatureText.Unix(time),
            },
            Id = id,
        };
    }
}
