using System.Text.Json;
using DataSync.Extract.Connectors.Api;

namespace DataSync.Tests.Extract.Connectors.Api;

public class ApiExtractionValidationTests
{
    [Theory]
    [InlineData("""{"path":"/x","format":"csv","pagination":{"type":"page"}}""")]
    [InlineData("""{"path":"/x","format":"jsonl","pagination":{"type":"offset"}}""")]
    [InlineData("""{"path":"/x","format":"csv","pagination":{"type":"link"}}""")]
    [InlineData("""{"path":"/x","format":"jsonl","pagination":{"type":"cursor","header":"X-Next"}}""")]
    [InlineData("""{"path":"/x","format":"json","records_path":"data","pagination":{"type":"cursor","path":"next","has_more_path":"more"}}""")]
    [InlineData("""{"path":"/x","format":"auto","pagination":{"type":"next_url","path":"next"}}""")]
    [InlineData("""{"path":"/x","cursor_field":"a","cursor_order":"text"}""")]
    public void Validate_good_parameters_have_no_fault(string json) => Assert.Empty(Faults(json));

    [Theory]
    [InlineData("""{"path":"/x","format":"csv","pagination":{"type":"cursor","path":"meta.next"}}""", "/p/pagination/path", "faults.api.no_envelope")]
    [InlineData("""{"path":"/x","format":"jsonl","pagination":{"type":"next_url","path":"next"}}""", "/p/pagination/path", "faults.api.no_envelope")]
    [InlineData("""{"path":"/x","format":"csv","pagination":{"type":"cursor","header":"X-Next","has_more_path":"more"}}""", "/p/pagination/has_more_path", "faults.api.no_envelope")]
    [InlineData("""{"path":"/x","format":"jsonl","records_path":"data"}""", "/p/records_path", "faults.api.no_envelope")]
    [InlineData("""{"path":"/x","format":"csv","responses":[{"status":404,"path":"a","then":"ignore"},{"status":[200,"2xx"],"path":"error","then":"fail"}]}""", "/p/responses/1/path", "faults.api.no_envelope")]
    [InlineData("""{"path":"/x","cursor_field":"a","cursor_order":"text","lag":5}""", "/p/lag", "faults.api.text_distance")]
    [InlineData("""{"path":"/x","cursor_field":"a","cursor_order":"text","gap_check":{"window":5}}""", "/p/gap_check/window", "faults.api.text_distance")]
    [InlineData("""{"path":"/x","cursor_order":"text"}""", "/p/cursor_order", "faults.read.without_cursor")]
    [InlineData("""{"path":"/x","cursor_field":"a","cursor_order":"size"}""", "/p/cursor_order", "faults.one_of")]
    [InlineData("""{"path":"/x","cursor_field":"a","cursor_order":1}""", "/p/cursor_order", "faults.one_of")]
    public void Validate_each_fault_is_named_at_its_place(string json, string path, string key) => Assert.Equal([(path, key)], Faults(json));

    private static IEnumerable<(string, string)> Faults(string json)
        => ApiExtractionValidation.Validate(JsonElement.Parse(json), "/p", whole: true).Select(f => (f.Path, f.MessageKey));
}
