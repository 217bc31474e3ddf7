-- The table all cases read: 12 columns of the types that customers' tables have, about 350 bytes a row as CSV. Every value follows from the row's
-- number alone, so two runs on any server hold the same rows. $first and $last are replaced by the generator.
INSERT INTO orders
SELECT n,
       md5('order ' || n)::uuid,
       (ARRAY['Anaïs Lefèvre', 'Jürgen Groß', 'Þóra Jónsdóttir', 'Νίκος Σταύρου', '王小明', '佐藤 花子', 'Ольга Ким', 'Siobhán O''Brien', 'Wacław Źdźbło', 'Ada Lovelace 🚀'])[1 + r % 10]
           || ' #' || r % 100003,
       'buyer.' || r % 300007 || '@shop' || r % 89 || '.example',
       (r % 9999991)::numeric(14, 2) / 100,
       1 + r % 50,
       r % 3 <> 1,
       timestamptz '2022-06-01 00:00:00+00' + r % 63072001 * interval '1 second',
       timestamptz '2025-03-01 00:00:00+00' + n * interval '11.000003 seconds',
       jsonb_build_object(
           'channel', (ARRAY['web', 'store', 'partner', 'app'])[1 + r % 4],
           'labels', jsonb_build_array('k' || r % 17, 'm' || r % 5),
           'delivery', jsonb_build_object('city', (ARRAY['Zürich', 'Lyon', 'Tromsø', '大阪'])[1 + r % 4], 'code', lpad((r % 99999)::text, 5, '0'), 'express', r % 4 = 0),
           'weightings', round((r % 1009)::numeric / 13, 4)),
       CASE
           WHEN r % 10 < 3 THEN NULL
           WHEN r % 10 < 6 THEN 'Asked for "gift wrap", twice; see ticket ' || r
           WHEN r % 10 < 8 THEN E'Ring the bell,\nthen wait at gate ' || r % 1021
           ELSE 'Nothing special about order ' || r
       END,
       (r % 1000033) / 983.0::double precision
FROM (SELECT n, ('x' || left(md5('seed ' || n), 7))::bit(28)::int AS r FROM generate_series($first::bigint, $last::bigint) AS n) AS numbered;
