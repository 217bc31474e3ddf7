using System.Text.Json;
using DataSync.Platform.Http.Json;
using DataSync.Platform.Http.Requests;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DataSync.Platform.Authentication;

/// <summary>
/// Reads the token's own JSON, as the library's view of it is lenient: of two members of one name it takes the last, and a number passes for a text.
/// </summary>
internal static class TokenClaims
{
    private static readonly string[] Texts = [Caller.TenantClaim, Caller.ScopeClaim, "sub", "language", "client_id"];

    /// <summary>What is wrong with the claims, for tests; null if nothing is.</summary>
    public static string? Fault(JsonWebToken token)
    {
        var header = Base64UrlEncoder.DecodeBytes(token.EncodedHeader);
        var payload = Base64UrlEncoder.DecodeBytes(token.EncodedPayload);
        if (!IsStrict(header) || !IsStrict(payload)) return "json";
        using var head = JsonDocument.Parse(header);
        if (head.RootElement.TryGetProperty("crit", out _)) return "crit";
        using var claims = JsonDocument.Parse(payload);
        foreach (var name in Texts)
            if (claims.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.String) return name;
        if (!claims.RootElement.TryGetProperty(Caller.TenantClaim, out var tenant)) return Caller.TenantClaim;
        return Identifier.Fault(tenant.GetString()!) is null ? null : Caller.TenantClaim;
    }

    private static bool IsStrict(byte[] json)
    {
        var faults = new RequestFaults();
        return JsonScan.Check(json, faults) is null && !faults.Any;
    }
}
