using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
namespace DataSync.Export;
internal interface IExporter;
internal static class Px { public static void AddExport(this IServiceCollection s, IConfiguration c) { } public static void MapExports(this IEndpointRouteBuilder e) { } }
