using DataSync.Platform.Http.Idempotency;

namespace DataSync.Tests.Platform.Http;

public sealed class IdempotencyTests : IAsyncLifetime
{
    private readonly ApiHost _host = new();

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Repeat_gets_the_first_answer_and_does_nothing()
    {
        var first = await PostAsync("k");
        var second = await PostAsync("k");

        Assert.Equal(1, _host.Samples.Created);
        Assert.Equal((201, first.Text), (second.Status, second.Text));
        Assert.Equal("/api/samples/orders-db", second.Headers["Location"]);
        Assert.Equal(first.Headers["Content-Type"], second.Headers["Content-Type"]);
        Assert.Equal("true", second.Headers["Idempotency-Replayed"]);
        Assert.False(first.Headers.ContainsKey("Idempotency-Replayed"));
    }

    [Fact]
    public async Task Requests_without_a_key_or_with_other_keys_are_worked_on_each()
    {
        await PostAsync("k");
        await PostAsync("K");
        await PostAsync(null);
        await PostAsync(null);

        Assert.Equal(4, _host.Samples.Created);
    }

    [Fact]
    public async Task Keys_of_another_tenant_or_address_are_other_keys()
    {
        await PostAsync("k");
        var other = await _host.PostAsync("/api/samples", SampleRequest.Valid, _host.Token(tenant: "other"), ("Idempotency-Key", "k"));
        var elsewhere = await _host.PostAsync("/api/samples/fail/nothing", SampleRequest.Valid, null, ("Idempotency-Key", "k"));

        Assert.Equal("other", other.Json.GetProperty("tenant").GetString());
        Assert.Equal(204, elsewhere.Status);
        Assert.Equal(3, _host.Samples.Created);
    }

    [Fact]
    public async Task Same_key_with_another_body_is_refused()
    {
        await PostAsync("k");

        var answer = await _host.PostAsync("/api/samples", SampleRequest.Valid.Replace("orders-db", "other-db", StringComparison.Ordinal), null, ("Idempotency-Key", "k"));

        Assert.Equal(422, answer.Status);
        Assert.Equal("errors.idempotency.mismatch", answer.Key);
        Assert.Equal(1, _host.Samples.Created);
    }

    [Fact]
    public async Task Repeat_during_the_first_is_told_to_wait()
    {
        var gate = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        _host.Samples.Gate = () =>
        {
            entered.SetResult();
            return gate.Task;
        };
        var first = PostAsync("k");
        await entered.Task;

        var second = await PostAsync("k");
        gate.SetResult();

        Assert.Equal(409, second.Status);
        Assert.Equal("errors.idempotency.in_progress", second.Key);
        Assert.Equal("1", second.Headers["Retry-After"]);
        Assert.Equal(201, (await first).Status);
        Assert.Equal(1, _host.Samples.Created);
    }

    [Theory]
    [InlineData("exception", 500)]
    [InlineData("failure", 503)]
    [InlineData("busy", 429)]
    public async Task Answer_that_may_change_by_itself_is_not_kept(string how, int status)
    {
        for (var i = 0; i < 2; i++)
        {
            var answer = await _host.PostAsync($"/api/samples/fail/{how}", "{}", null, ("Idempotency-Key", "k"));
            Assert.Equal(status, answer.Status);
            Assert.False(answer.Headers.ContainsKey("Idempotency-Replayed"));
        }

        Assert.Equal(2, _host.Samples.Created);
    }

    [Theory]
    [InlineData("not_found", 404)]
    [InlineData("faults", 422)]
    public async Task Refusal_by_the_endpoint_is_kept(string how, int status)
    {
        var first = await _host.PostAsync($"/api/samples/fail/{how}", "{}", null, ("Idempotency-Key", "k"));
        var second = await _host.PostAsync($"/api/samples/fail/{how}", "{}", null, ("Idempotency-Key", "k"));

        Assert.Equal((status, status), (first.Status, second.Status));
        Assert.Equal(first.Text, second.Text);
        Assert.Equal("true", second.Headers["Idempotency-Replayed"]);
        Assert.Equal(1, _host.Samples.Created);
    }

    [Fact]
    public async Task Answer_is_forgotten_after_a_day()
    {
        await PostAsync("k");
        _host.Time.Advance(IdempotencyStore.Keep + TimeSpan.FromSeconds(1));
        await PostAsync("k");

        Assert.Equal(2, _host.Samples.Created);
    }

    [Fact]
    public async Task Caller_who_leaves_finds_the_answer_at_the_repeat()
    {
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        _host.Samples.Gate = () =>
        {
            entered.TrySetResult();
            return gate.Task;
        };
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/samples") { Content = new StringContent(SampleRequest.Valid, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", _host.Token());
        request.Headers.Add("Idempotency-Key", "k");
        var first = _host.Client.SendAsync(request, source.Token);
        await entered.Task;
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        gate.SetResult();

        Answer second;
        do second = await PostAsync("k");
        while (second.Status == 409);

        Assert.Equal("true", second.Headers["Idempotency-Replayed"]);
        Assert.Equal(1, _host.Samples.Created);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\tb")]
    public async Task Wrong_key_is_a_fault_beside_the_others(string key)
    {
        var answer = await _host.PostAsync("/api/samples", "{}", null, ("Idempotency-Key", key));

        Assert.Equal(422, answer.Status);
        Assert.Contains("header/Idempotency-Key faults.idempotency_key", answer.Faults);
        Assert.Contains("/source_id faults.required", answer.Faults);
    }

    [Fact]
    public async Task Key_beyond_ASCII_or_given_twice_is_a_fault()
    {
        foreach (var lines in new[] { "Idempotency-Key: \u00c3\u00a9\r\n", "Idempotency-Key: a\r\nIdempotency-Key: b\r\n" })
        {
            var answer = await _host.RawAsync(
                $"POST /api/samples/fail/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {_host.Token()}\r\n{lines}Content-Length: 0\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 422", answer, StringComparison.Ordinal);
            Assert.Contains("faults.idempotency_key", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Key_of_255_characters_is_the_longest()
    {
        Assert.Equal(201, (await PostAsync(new string('k', 255))).Status);
        Assert.Equal(422, (await PostAsync(new string('k', 256))).Status);
    }

    private Task<Answer> PostAsync(string? key) => _host.PostAsync("/api/samples", SampleRequest.Valid, null, key is null ? [] : [("Idempotency-Key", key)]);
}
