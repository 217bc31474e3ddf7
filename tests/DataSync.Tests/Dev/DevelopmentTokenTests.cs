using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DataSync.Dev.Commands;
using DataSync.Dev.Keys;
using DataSync.LocalPostgres.Secrets;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;

namespace DataSync.Tests.Dev;

public sealed class DevelopmentTokenTests : IDisposable
{
    static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("datasync-keys-");

    [Fact]
    public void Issue_signs_with_the_kept_key()
    {
        var token = Issue(new TokenCommand("demo", "sync.read", null));
        var parts = token.Split('.');
        var key = Convert.FromBase64String(File.ReadAllText(Path.Combine(_folder.FullName, "jwt-development.key")));
        Assert.Equal(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}")), Base64Url.DecodeFromChars(parts[2]));
        Assert.Equal(32, key.Length);
    }

    [Fact]
    public void Issue_states_type_issuer_audience_scope_and_twelve_hours()
    {
        var token = Issue(new TokenCommand("demo", "sources.write sync.read", "zh-CN"));
        var (header, claims) = (Decode(token, 0), Decode(token, 1));
        Assert.Equal(("HS256", "at+jwt"), (header.GetProperty("alg").GetString(), header.GetProperty("typ").GetString()));
        Assert.Equal("datasync-development", claims.GetProperty("iss").GetString());
        Assert.Equal("datasync", claims.GetProperty("aud").GetString());
        Assert.Equal("sources.write sync.read", claims.GetProperty("scope").GetString());
        Assert.Equal("zh-CN", claims.GetProperty("language").GetString());
        Assert.NotEmpty(claims.GetProperty("sub").GetString()!);
        Assert.Equal(Now.ToUnixTimeSeconds(), claims.GetProperty("iat").GetInt64());
        Assert.Equal(Now.AddHours(12).ToUnixTimeSeconds(), claims.GetProperty("exp").GetInt64());
    }

    [Property(MaxTest = 200)]
    public FsCheck.Property Issue_carries_any_tenant_unchanged()
        => Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyString>().Filter(text => !text.Get.Any(char.IsSurrogate)), tenant =>
            Assert.Equal(tenant.Get, Decode(Issue(new TokenCommand(tenant.Get, "sync.read", null)), 1).GetProperty("tenant_id").GetString()));

    [Fact]
    public void Keys_are_made_once_and_readable_by_their_owner_alone()
    {
        var folder = Path.Combine(_folder.FullName, "keys");
        Assert.Equal(new DevelopmentKeys(folder).MasterKey, new DevelopmentKeys(folder).MasterKey);
        Assert.NotEqual(new DevelopmentKeys(folder).MasterKey, new DevelopmentKeys(folder).TokenKey);
        if (OperatingSystem.IsWindows()) return;
        foreach (var file in Directory.EnumerateFiles(folder, "*.key")) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
    }

    [Fact]
    public void Keys_made_by_many_at_once_are_one_key()
    {
        var folder = Path.Combine(_folder.FullName, "race");
        var keys = new string[32];
        Parallel.For(0, keys.Length, i => keys[i] = new DevelopmentKeys(folder).MasterKey);
        Assert.Single(keys.Distinct());
        Assert.Equal(["master.key", "master.key.lock"], Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)); // no draft is left
    }

    public void Dispose() => _folder.Delete(recursive: true);

    string Issue(TokenCommand asked) => new DevelopmentToken(new DevelopmentKeys(_folder.FullName), new FakeTimeProvider(Now)).Issue(asked);

    static JsonElement Decode(string token, int part) => JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[part])).RootElement;
}
