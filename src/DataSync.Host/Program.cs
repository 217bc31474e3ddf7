using System.Globalization;
using DataSync;
using DataSync.Host;

// Nothing is formatted or compared by the machine's culture; ICU is there for the driver of SQL Server alone.
CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;

// Tenants' patterns are matched by libraries that set no limit of their own; nothing may be tried for ever. Before the first pattern is made.
AppDomain.CurrentDomain.SetData("REGEX_DEFAULT_MATCH_TIMEOUT", TimeSpan.FromMilliseconds(100));

if (await FileCommand.RunAsync(args, CancellationToken.None) is { } ended) return ended;
if (!HostRole.TryParse(Environment.GetEnvironmentVariable("DATASYNC_ROLE"), out var role))
{
    await Console.Error.WriteLineAsync("DATASYNC_ROLE must be api, worker, migrate or all.");
    return 2;
}

if (!await KeyCommand.IsUnderstoodAsync(args)) return 2;

var builder = WebApplication.CreateSlimBuilder(args);
await using var development = await DevelopmentDatabase.StartIfNeededAsync(builder, role);
builder.AddDataSyncLogs(role);
builder.WebHost.UseKestrelHttpsConfiguration();
builder.WebHost.UseUrls(HostRole.Urls(builder.Configuration, role));
builder.Services.AddDataSync(builder.Configuration, role);
builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(14));
if (builder.Configuration["DATASYNC_STOP_WITH_PARENT"] is "true") builder.Services.AddHostedService<StopWithParent>();
await using var app = builder.Build();
using var stopping = new CancellationTokenSource();
if ((await KeyCommand.RunAsync(args, app.Services, stopping.Token) ?? await AuditCommand.RunAsync(args, app.Services, stopping.Token)) is { } code) return code;
if (role.HasFlag(DataSyncRole.Migrate) || development is not null)
{
    if (!await HostRole.MayStartAsync(app.Services, DataSyncRole.Migrate, stopping.Token)) return 1;
    await app.Services.MigrateAsync(stopping.Token);
    if (role == DataSyncRole.Migrate) return 0;
}

if (!await HostRole.MayStartAsync(app.Services, role, stopping.Token)) return 1;
app.MapDataSync(role);
await app.RunAsync(stopping.Token);
return 0;
