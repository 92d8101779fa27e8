/* actions.h: what keys do to the viewer. Each is named by a row of the table of keys, which also gives its argument. */
#ifndef VIEWER_ACTIONS_H
#define VIEWER_ACTIONS_H

struct viewer;

void act_quit(struct viewer *viewer, int argument);
void act_redraw(struct viewer *viewer, int argument);
void act_move(struct viewer *viewer, int lines);
void act_page(struct viewer *viewer, int direction);
void act_enter(struct viewer *viewer, int argument);
void act_back(struct viewer *viewer, int argument);

/* `view` is an enum view_id. A toggle's key closes what it opened. */
void act_toggle_view(struct viewer *viewer, int view);
void act_show_view(struct viewer *viewer, int view);
void act_show_of_class(struct viewer *viewer, int view);
void act_pick(struct viewer *viewer, int argument);
void act_follow(struct viewer *viewer, int argument);

void act_step(struct viewer *viewer, int snapshots);
void act_oldest(struct viewer *viewer, int argument);
void act_newest(struct viewer *viewer, int argument);
void act_seek(struct viewer *viewer, int argument);
void act_pause(struct viewer *viewer, int argument);
void act_baseline(struct viewer *viewer, int argument);

void act_find(struct viewer *viewer, int argument);
void act_find_next(struct viewer *viewer, int direction);
void act_filter(struct viewer *viewer, int argument);
void act_order_beside(struct viewer *viewer, int direction);
void act_invert(struct viewer *viewer, int argument);
void act_toggle_idle(struct viewer *viewer, int argument);
void act_next_unit(struct viewer *viewer, int argument);
void act_next_palette(struct viewer *viewer, int argument);
void act_delay(struct viewer *viewer, int argument);

void act_toggle_flows_total(struct viewer *viewer, int argument);
void act_toggle_flows_count(struct viewer *viewer, int argument);
void act_scroll_across(struct viewer *viewer, int columns);
void act_zoom_range(struct viewer *viewer, int argument);
void act_zoom_span(struct viewer *viewer, int direction);

#endif
