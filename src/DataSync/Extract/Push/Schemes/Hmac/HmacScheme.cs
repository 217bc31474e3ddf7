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
    private static readonly SearchValues<char> Separators = SearchValues.Create(", ");

    public string Name => "hmac-sha256";

    public IReadOnlySet<string> Members => HmacParameters.Members;

    public IEnumerable<Fault> Validate(JsonElement connectionParams) => HmacParameters.Validate(connectionParams);

    public bool IsTimed(JsonElement connectionParams) => HmacParameters.IsTimed(connectionParams);

    public byte[]? KeyOf(string secret, JsonElement connectionParams)
    {
        try
        {
            return HmacParameters.SecretEncodingOf(connectionParams) switch
            {
                "hex" => Convert.FromHexString(secret),
                "base64" => Convert.FromBase64String(secret),
                _ => Encoding.UTF8.GetBytes(secret),
            };
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public ReadClaim Reader(JsonElement connectionParams)
    {
        var parameters = HmacParameters.Read(connectionParams);
        return request => Read(parameters, request);
    }

    private static SignatureClaim Read(HmacParameters parameters, PushRequest request)
    {
        var (id, time) = (parameters.IdHeader is { } idHeader ? SignatureText.Id(request.Header(idHeader)) : null, parameters.TimestampHeader is { } timeHeader ? request.Header(timeHeader) : null);
        if (parameters.Template.HasId && id is null) return SignatureClaim.None;
        return new SignatureClaim
        {
            Signatures = SignatureText.List(request.Header(parameters.Header), Separators, parameters.Prefix, text => parameters.Encoding == "hex" ? SignatureText.Hex(text) : SignatureText.Base64(text)),
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
