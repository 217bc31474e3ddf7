using System.Runtime.CompilerServices;
using DataSync.Refine.LabelStudio.Api;

namespace DataSync.Refine.LabelStudio.Tasks;

/// <summary>
/// Finds tasks by the keys that they carry, to remove or to read them. While pages are read, others remove tasks too, and those behind them move forward: from a page that comes next to one that was read. So a list of several pages is
/// read again until a reading finds no other.
/// </summary>
internal static class TaskSearch
{
    /// <summary>What each reading finds that those before did not, once each; who removes it has done so when the next reading begins.</summary>
    /// <param name="client">Asks.</param>
    /// <param name="server">Whose.</param>
    /// <param name="query">All that may be wanted, with their keys.</param>
    /// <param name="isWanted">By the key.</param>
    /// <param name="ct">Ends the reading.</param>
    public static async IAsyncEnumerable<List<SentTask>> ReadAsync(LabelStudioClient client, LabelStudioServer server, TaskQuery query, Func<string, bool> isWanted, [EnumeratorCancellation] CancellationToken ct)
    {
        HashSet<long> known = [];
        for (var (again, isFirst) = (true, true); again; isFirst = false)
        {
            List<SentTask> found = [];
            var pages = 0;
            await foreach (var page in client.PagesAsync(server, query, most: null, ct))
            {
                pages++;
                foreach (var task in page.Tasks)
                {
                    if (task.Key is { } key && isWanted(key) && known.Add(task.Id)) found.Add(new SentTask(task.Id, key));
                }
            }

            again = pages > 1 && (isFirst || found.Count > 0);
            if (found.Count > 0) yield return found;
        }
    }
}
