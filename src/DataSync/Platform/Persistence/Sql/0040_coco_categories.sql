-- Numbers of COCO's categories that nobody configured. Runs after EF Core made the table, as datasync_owner.
ALTER TABLE public.coco_categories ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.coco_categories FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.coco_categories
    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')));

-- A row goes with its source or its tenant, and else never: its number may stand in a file, and means no other name. An erasure takes the name alone.
GRANT SELECT, INSERT, UPDATE (name, hash) ON public.coco_categories TO datasync_app;
ALTER TABLE public.coco_categories ADD CONSTRAINT fk_coco_categories_source
    FOREIGN KEY (tenant_id, source_id) REFERENCES public.data_source_configs (tenant_id, source_id) ON DELETE CASCADE;

-- Names come from records: the planner keeps no samples of them.
ALTER TABLE public.coco_categories ALTER COLUMN name SET STATISTICS 0, ALTER COLUMN hash SET STATISTICS 0;
