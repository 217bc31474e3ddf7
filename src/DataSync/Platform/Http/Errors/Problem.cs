using DataSync.Pipeline.Failures;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Platform.Http.Errors;

/// <summary>A failure as an endpoint's answer: <c>return Problem.NotFound();</c></summary>
internal sealed class Problem(SyncFailure failure, IReadOnlyList<Fault> faults) : IResult
{
    /// <summary>What went wrong.</summary>
    public SyncFailure Failure => failure;

    public static Problem From(SyncFailure failure) => new(failure, []);

    /// <summary>All the faults of a request in one answer.</summary>
    public static Problem From(IReadOnlyList<Fault> faults) => new(RequestFailure.Invalid, faults);

    public static Problem NotFound() => From(RequestFailure.NotFound);

    public Task ExecuteAsync(HttpContext httpContext)
        => httpContext.RequestServices.GetRequiredService<ProblemWriter>().WriteAsync(httpContext, failure, faults);
}
