using DataSync.Refine.LabelStudio.Projects;
using DataSync.Refine.LabelStudio.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DataSync.Refine.LabelStudio.Waiting;

/// <summary>What all jobs' annotations share.</summary>
internal sealed record AnnotationFloor(
    ProjectStore Projects, SentTasks Sent, TaskImport Import, TaskTwins Twins, TaskLook Look, IOptions<LabelStudioOptions> Options, TimeProvider Time, ILogger<AnnotationFloor> Logger);
