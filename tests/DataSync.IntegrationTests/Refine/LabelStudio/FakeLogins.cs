using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DataSync.IntegrationTests.Refine.LabelStudio;

/// <summary>Who may ask the fake: by a legacy token, unless these are off, or by a short-lived one got for a personal access token.</summary>
internal sealed class FakeLogins
{
    private readonly HashSet<string> _access = new(StringComparer.Ordinal);
    private int _refreshes;

    public string Legacy { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));

    public string Personal { get; } = Token(DateTimeOffset.UtcNow.AddYears(1));

    public bool LegacyIsOff { get; set; }

    /// <summary>How long a token lasts that is got for a personal one.</summary>
    public TimeSpan Lasts { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often such a token was got.</summary>
    public int Refreshes => _refreshes;

    /// <summary>Takes every short-lived token back before its time.</summary>
    public void Withdraw()
    {
        lock (_access) _access.Clear();
    }

    public FakeAnswer Refresh(JsonNode? body)
    {
        Interlocked.Increment(ref _refreshes);
        if (body?["refresh"]?.GetValue<string>() != Personal) return FakeAnswer.Error(401, "Token is invalid or expired");
        var access = Token(DateTimeOffset.UtcNow + Lasts);
        lock (_access) _access.Add(access);
        return FakeAnswer.Of(200, new JsonObject { ["access"] = access });
    }

    /// <summary>The refusal of whoever may not ask; null for whoever may.</summary>
    public FakeAnswer? Refusal(string header)
    {
        if (header.StartsWith("Token ", StringComparison.Ordinal))
        {
            if (LegacyIsOff) return FakeAnswer.Error(401, "Authentication token no longer valid: legacy token authentication has been disabled for this organization");
            return header[6..] == Legacy ? null : FakeAnswer.Error(401, "Invalid token.");
        }

        if (!header.StartsWith("Bearer ", StringComparison.Ordinal)) return FakeAnswer.Error(401, "Authentication credentials were not provided.");
        lock (_access) return _access.Contains(header[7..]) && End(header[7..]) > DateTimeOffset.UtcNow ? null : FakeAnswer.Error(401, "Given token not valid for any token type");
    }

    private static string Token(DateTimeOffset end)
        => $"{Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8)}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new { exp = end.ToUnixTimeSeconds(), jti = Guid.NewGuid() }))}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";

    private static DateTimeOffset End(string token)
        => DateTimeOffset.FromUnixTimeSeconds(JsonElement.Parse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.Split('.')[1]))).GetProperty("exp").GetInt64());
}
